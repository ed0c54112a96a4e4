import {entries, isRecord, record, text} from '../../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../../objects/object.ts'

/** One entry of `configPatches`. */
export interface EnvoyPatch {
  readonly applyTo: string
  readonly operation: string
  readonly match: JsonObject
  /** The name in the value, else of the filter that is matched: what tells patches of one thing. */
  readonly name: string
  readonly path: Path
}

export function envoyPatches(filter: KubeObject): readonly EnvoyPatch[] {
  return entries(record(filter.value['spec'])['configPatches']).flatMap(([index, entry]) => {
    const patch = entry['patch']
    if (!isRecord(patch)) return []
    const match = record(entry['match'])
    const matched = record(record(record(match['listener'])['filterChain'])['filter'])
    return [
      {
        applyTo: text(entry['applyTo']) ?? '',
        operation: text(patch['operation']) ?? '',
        match,
        name: text(record(patch['value'])['name']) ?? text(matched['name']) ?? '',
        path: ['spec', 'configPatches', index],
      },
    ]
  })
}

/** Routes can be merged into only: there is no adding and no removing of them. */
export function isWholeRoute({applyTo}: EnvoyPatch): boolean {
  return applyTo === 'ROUTE_CONFIGURATION' || applyTo === 'HTTP_ROUTE'
}

/** Where istiod knows how to put one thing in the place of another. */
export function isReplaceable({applyTo}: EnvoyPatch): boolean {
  return ['NETWORK_FILTER', 'HTTP_FILTER', 'VIRTUAL_HOST', 'LISTENER_FILTER'].includes(applyTo)
}
