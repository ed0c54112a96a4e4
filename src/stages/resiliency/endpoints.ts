import {number, record, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'

export interface EndpointCount {
  /** The fewest pods that stand behind a service: what an autoscaler may shrink to. */
  readonly fewest: number
  /** Whether that is certain: a DaemonSet has as many as there are nodes. */
  readonly certain: boolean
  readonly facts: readonly Fact[]
}

export function countEndpoints(mesh: Mesh, service: Service): EndpointCount {
  const counts = mesh.endpoints(service).map(workload => podsOf(mesh, workload))
  return {
    fewest: counts.reduce((sum, {fewest}) => sum + fewest, 0),
    certain: counts.every(({certain}) => certain),
    facts: counts.flatMap(({facts}) => facts),
  }
}

function podsOf(mesh: Mesh, workload: Workload): EndpointCount {
  const scaler = autoscalers(mesh).get(`${workload.kind}/${workload.namespace}/${workload.name}`)
  if (scaler !== undefined) {
    const fewest = number(record(scaler.value['spec'])['minReplicas']) ?? 1
    const why = fact(`HorizontalPodAutoscaler ${scaler.id.name} keeps at least ${fewest}`, scaler, [
      'spec',
      'minReplicas',
    ])
    return {fewest, certain: true, facts: [why]}
  }
  if (workload.replicas === null) {
    // Two, so that the share worked out from it still leaves a pod on small clusters.
    return {
      fewest: 2,
      certain: false,
      facts: [fact(`${workload.kind} ${workload.name} has a pod on each node`, workload.object)],
    }
  }
  const why = fact(`${workload.kind} ${workload.name} has ${workload.replicas}`, workload.object, [
    'spec',
    'replicas',
  ])
  return {fewest: workload.replicas, certain: true, facts: [why]}
}

const autoscalers = perMesh(
  (mesh): ReadonlyMap<string, KubeObject> =>
    new Map(
      mesh.objects('HorizontalPodAutoscaler').map(scaler => {
        const target = record(record(scaler.value['spec'])['scaleTargetRef'])
        return [
          `${text(target['kind']) ?? ''}/${scaler.id.namespace}/${text(target['name']) ?? ''}`,
          scaler,
        ] as const
      }),
    ),
)

/**
 * The share of endpoints that may be ejected: a third of them and at least one, never all. Rounded up, so that it
 * holds whether Envoy compares whole or broken per cents (34 of 100 lets one of three go either way, and not two).
 */
export function ejectionPercent(endpoints: number): number {
  const ejected = Math.max(1, Math.floor(endpoints / 3))
  return Math.min(99, Math.ceil((100 * ejected) / endpoints))
}
