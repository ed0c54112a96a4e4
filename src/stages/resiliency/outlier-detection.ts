import {number} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import {canEject, detects, readOutlierDetection} from '../../mesh/outliers.ts'

export interface Wanted {
  readonly errors: number
  readonly time: string
  readonly percent: number
  /** How many endpoints there are at least. */
  readonly endpoints: number
}

/** What stands there is kept; only a share under which nothing could ever be ejected is raised. */
export function outlierDetection(existing: JsonObject | null, wanted: Wanted): JsonObject {
  if (existing === null) {
    return {
      consecutive5xxErrors: wanted.errors,
      interval: '10s',
      baseEjectionTime: wanted.time,
      maxEjectionPercent: wanted.percent,
    }
  }
  const read = readOutlierDetection(existing)
  const enough = read !== null && canEject(Math.max(wanted.endpoints, 1), read.maxEjectionPercent)
  const counting =
    read !== null && !detects(read) ? {...existing, consecutive5xxErrors: wanted.errors} : existing
  return enough
    ? counting
    : {...counting, maxEjectionPercent: Math.max(wanted.percent, number(existing['maxEjectionPercent']) ?? 0)}
}
