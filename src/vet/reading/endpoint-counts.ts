import type {Labels, Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {matches} from '../../mesh/selectors.ts'
import {at, number, record, text, textMap} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import type {PolicyBlock} from './destination-rules.ts'

/** Endpoints of a cluster when all autoscalers are at their most; null where nobody knows. */
export function countEndpoints(
  mesh: Mesh,
  service: Service,
  rule: KubeObject,
  block: PolicyBlock,
): number | null {
  const counts = selectedBy(mesh, service, rule, block).map(
    workload =>
      autoscaledTo(mesh).get(workloadKey(workload.kind, workload.namespace, workload.name)) ??
      workload.replicas,
  )
  if (counts.length === 0 || counts.some(count => count === null)) return null
  const sum = counts.reduce<number>((total, count) => total + (count ?? 0), 0)
  return sum === 0 ? null : sum
}

/** Workloads behind a block of settings: those of the service, or of the subset. */
export function selectedBy(
  mesh: Mesh,
  service: Service,
  rule: KubeObject,
  block: PolicyBlock,
): readonly Workload[] {
  const labels = block.subset === null ? {} : subsetLabels(rule, block)
  return mesh.endpoints(service).filter(workload => matches(labels, workload.labels))
}

function subsetLabels(rule: KubeObject, block: PolicyBlock): Labels {
  return textMap(at(rule.value, [...block.path.slice(0, 3), 'labels']))
}

const autoscaledTo = perMesh((mesh): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const scaler of mesh.objects('HorizontalPodAutoscaler')) {
    const {scaleTargetRef, maxReplicas} = record(scaler.value['spec'])
    const target = record(scaleTargetRef)
    const most = number(maxReplicas)
    if (most !== undefined)
      found.set(
        workloadKey(text(target['kind']) ?? '', scaler.id.namespace, text(target['name']) ?? ''),
        most,
      )
  }
  return found
})

function workloadKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}
