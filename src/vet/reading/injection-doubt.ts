import type {Mesh, Workload} from '../../mesh/mesh.ts'
import type {Report} from '../rule.ts'

/**
 * How far it can be said that workloads have no sidecar, if that rests on a label that their namespace lacks. Without
 * any Namespace in the input nobody has said anything; with some, one that is not there is probably unlabelled.
 */
export function withoutSidecar(
  mesh: Mesh,
  workloads: readonly Workload[],
): Pick<Report, 'certainty' | 'severity'> {
  const doubtful = workloads.some(
    workload =>
      mesh.injection(workload).reason === 'not-labelled' && mesh.namespaceObject(workload.namespace) === null,
  )
  if (!doubtful || mesh.complete('Namespace')) return {}
  return mesh.objects('Namespace').length === 0 ? {certainty: 'cannot-verify'} : {severity: 'warning'}
}
