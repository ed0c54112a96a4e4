import {isRecord, list, record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {policySelector} from '../../mesh/selectors.ts'
import type {Labels, Mesh} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'

export interface PlacedTelemetry {
  readonly object: KubeObject
  readonly selector: Labels | null
}

/** Telemetries for workloads; those attached to a Gateway or waypoint by targetRefs are left out. */
export const workloadTelemetries = perMesh((mesh: Mesh): readonly PlacedTelemetry[] =>
  mesh.objects('Telemetry').flatMap(object => {
    const spec = record(object.value['spec'])
    if (isRecord(spec['targetRef']) || list(spec['targetRefs']).length > 0) return []
    return [{object, selector: policySelector(spec['selector'])}]
  }),
)

/** The kinds of telemetry that an object sets. */
export function signalsOf(telemetry: KubeObject): readonly string[] {
  const spec = record(telemetry.value['spec'])
  return ['tracing', 'metrics', 'accessLogging'].filter(signal => list(spec[signal]).length > 0)
}
