import {isRecord, number, text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {formatDuration, parseDuration} from './durations.ts'
import type {Version} from './mesh.ts'
import type {Retries} from './outcome.ts'

/**
 * The policy of every HTTP route that sets none (istio pilot/pkg/networking/core/route/retry/retry.go): two more tries,
 * for every method. Until 1.24 it also retried on an answer of 503 (EXCLUDE_UNSAFE_503_FROM_DEFAULT_RETRY).
 */
export function defaultRetries(version: Version): Retries {
  return {attempts: 2, retryOn: defaultRetryOn(version), perTryTimeout: null, source: 'default'}
}

/**
 * A `retries` block as istiod converts it (retry.go ConvertPolicy): it replaces the default wholly, an unset or empty
 * retryOn keeps the default's conditions, attempts of 0 or less (or none given) turn retrying off, which gives
 * `attempts: 0`. Status codes stay in the list beside `retriable-status-codes`. Null where no block is set.
 */
export function readRetries(
  value: Json | undefined,
  source: 'mesh' | 'route',
  version: Version,
): Retries | null {
  if (!isRecord(value)) return null
  const attempts = number(value['attempts']) ?? 0
  if (attempts <= 0) return {attempts: 0, retryOn: [], perTryTimeout: null, source}
  const perTryTimeout = text(value['perTryTimeout'])
  const limited = perTryTimeout !== undefined && (parseDuration(perTryTimeout) ?? 0) > 0
  const retryOn = text(value['retryOn'])
  return {
    attempts,
    retryOn: retryOn === undefined || retryOn === '' ? defaultRetryOn(version) : parseRetryOn(retryOn),
    perTryTimeout: limited ? perTryTimeout : null,
    source,
  }
}

/** `gateway-error,reset,503` as a list, with the condition that status codes bring along. */
export function parseRetryOn(written: string): readonly string[] {
  const tokens = written
    .split(',')
    .map(token => token.trim())
    .filter(token => token !== '')
  const bringsCodes = tokens.some(isStatusCode) && !tokens.includes('retriable-status-codes')
  return bringsCodes ? [...tokens, 'retriable-status-codes'] : tokens
}

/**
 * Whether a request that is not idempotent may be tried again on a condition: `safe` where the application cannot have
 * acted on it, `unsafe` where it may have, `borderline` for gRPC's `unavailable` and `cancelled` (part of the default).
 */
export type RetrySafety = 'safe' | 'borderline' | 'unsafe' | 'unknown'

const safety: Readonly<Record<string, RetrySafety>> = {
  'connect-failure': 'safe',
  'refused-stream': 'safe',
  'reset-before-request': 'safe',
  'http3-post-connect-failure': 'safe',
  unavailable: 'borderline',
  cancelled: 'borderline',
  'envoy-ratelimited': 'safe',
  reset: 'unsafe',
  'gateway-error': 'unsafe',
  '5xx': 'unsafe',
  'retriable-4xx': 'unsafe',
  'retriable-headers': 'unsafe',
  'deadline-exceeded': 'unsafe',
  internal: 'unsafe',
  'resource-exhausted': 'unsafe',
}

export function retrySafety(token: string): RetrySafety {
  if (isStatusCode(token)) return 'unsafe'
  // It only says that codes count; the codes themselves are listed beside it, and without any it does nothing.
  if (token === 'retriable-status-codes') return 'safe'
  return Object.hasOwn(safety, token) ? (safety[token] ?? 'unknown') : 'unknown'
}

/** Every condition that Istio accepts beside status codes (istio pkg/config/validation/agent). */
export const knownRetryOn: readonly string[] = [...Object.keys(safety), 'retriable-status-codes']

/** The conditions on which a request may be repeated that the application has already acted on. */
export function unsafeConditions(retries: Retries): readonly string[] {
  return retries.attempts > 0 ? retries.retryOn.filter(token => retrySafety(token) === 'unsafe') : []
}

/** A try cut by perTryTimeout is tried again only on these; else the limit merely fails the request early. */
export function retriesTimedOutTries(retries: Retries): boolean {
  return (
    retries.attempts > 0 && retries.retryOn.some(token => ['5xx', 'gateway-error', 'reset'].includes(token))
  )
}

/**
 * The longest that a request can take: all tries and the longest pauses between them, cut by the route's timeout, which
 * spans them all. Envoy's N-th pause is at most (2^N - 1) times the base of 25ms, and never above ten times the base.
 * Null where there is no limit.
 */
export function worstCase(
  retries: Retries | null,
  timeout: string | null,
  backoff: string | null = null,
): string | null {
  const limit = timeout === null ? null : parseDuration(timeout)
  const needed = timeForAllTries(retries, backoff)
  if (needed === null) return limit === null || limit <= 0 ? null : formatDuration(limit)
  return formatDuration(limit === null || limit <= 0 ? needed : Math.min(limit, needed))
}

/** Whether the route's timeout leaves time for the last try; null where a try has no limit of its own. */
export function triesFit(
  retries: Retries | null,
  timeout: string | null,
  backoff: string | null = null,
): boolean | null {
  const limit = timeout === null ? null : parseDuration(timeout)
  if (limit === null || limit <= 0) return true
  const needed = timeForAllTries(retries, backoff)
  return needed === null ? null : needed <= limit
}

function timeForAllTries(retries: Retries | null, backoff: string | null): number | null {
  const perTry = retries?.perTryTimeout == null ? null : parseDuration(retries.perTryTimeout)
  if (retries === null || perTry === null) return null
  const base = (backoff === null ? null : parseDuration(backoff)) ?? 25
  // 1, 3 and 7 times the base; from the fourth on 2^N - 1 is above ten.
  const pauses =
    ([1, 3, 7].slice(0, retries.attempts).reduce((sum, pause) => sum + pause, 0) +
      10 * Math.max(0, retries.attempts - 3)) *
    base
  return (retries.attempts + 1) * perTry + pauses
}

function defaultRetryOn(version: Version): readonly string[] {
  const conditions = [
    'connect-failure',
    'refused-stream',
    'unavailable',
    'cancelled',
    'retriable-status-codes',
  ]
  return minorOf(version) < 24 ? [...conditions, '503'] : conditions
}

function minorOf(version: Version): number {
  const [major, minor] = version.minor.split('.').map(Number)
  return major === 1 && minor !== undefined && !Number.isNaN(minor) ? minor : Number.MAX_SAFE_INTEGER
}

function isStatusCode(token: string): boolean {
  return /^[1-5]\d\d$/.test(token)
}
