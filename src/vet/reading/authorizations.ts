import {readAuthorization} from '../../mesh/authorization-rules.ts'
import type {AuthorizationPolicy} from '../../mesh/authorization-rules.ts'
import type {Labels, Mesh, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {policySelector} from '../../mesh/selectors.ts'
import {isRecord, list, record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

/** A policy of Istio for workloads, with whom it selects; one attached by targetRefs is left out. */
export interface PlacedAuthorization {
  readonly object: KubeObject
  readonly policy: AuthorizationPolicy
  readonly selector: Labels | null
}

export const authorizations = perMesh((mesh: Mesh): readonly PlacedAuthorization[] =>
  mesh.objects('AuthorizationPolicy').flatMap(object => {
    const spec = record(object.value['spec'])
    if (!object.id.apiVersion.startsWith('security.istio.io/') || attached(object)) return []
    return [{object, policy: readAuthorization(object), selector: policySelector(spec['selector'])}]
  }),
)

/** Whether a policy is for a Gateway or waypoint by reference, and not for workloads by labels. */
export function attached(object: KubeObject): boolean {
  const spec = record(object.value['spec'])
  return isRecord(spec['targetRef']) || list(spec['targetRefs']).length > 0
}

/** The workloads on which a policy is in force: of its namespace, of the mesh in the root namespace. */
export function workloadsOf(mesh: Mesh, object: KubeObject, selector: Labels | null): readonly Workload[] {
  const everywhere = object.id.namespace === mesh.meshConfig.rootNamespace
  return mesh.selected(selector ?? {}, everywhere ? '*' : object.id.namespace)
}
