import {parseDuration} from '../../mesh/durations.ts'
import type {HttpRoute} from '../../mesh/http-routes.ts'

/** Milliseconds of one try and of the whole route, and how many tries there can be. */
export interface TryTimes {
  readonly perTry: number
  readonly timeout: number
  readonly tries: number
}

/** Null where the route does not retry, or sets only one of the two limits. */
export function tryTimes({retries, timeout}: HttpRoute): TryTimes | null {
  if (retries === null || retries.attempts === 0 || retries.perTryTimeout === null || timeout === null)
    return null
  const perTry = parseDuration(retries.perTryTimeout)
  const whole = parseDuration(timeout)
  return perTry === null || whole === null ? null : {perTry, timeout: whole, tries: retries.attempts + 1}
}
