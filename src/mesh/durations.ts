const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/**
 * Milliseconds of a duration as Istio reads it: Go's syntax (`1h30m`, `1.5s`, `100ms`), for its API types are decoded
 * with golang/protobuf jsonpb, which calls time.ParseDuration. Null for anything else.
 */
export function parseDuration(value: string): number | null {
  const sign = value.startsWith('-') ? -1 : 1
  const rest = /^[+-]/.test(value) ? value.slice(1) : value
  if (rest === '0') return 0
  let total = 0
  let end = 0
  for (const match of rest.matchAll(part)) {
    total += Number(match[1]) * (units[match[2] ?? ''] ?? Number.NaN)
    end = match.index + match[0].length
  }
  return rest !== '' && end === rest.length && Number.isFinite(total) ? sign * total : null
}

/** Milliseconds as a short duration: `250ms`, `1.5s`, `90s`. */
export function formatDuration(milliseconds: number): string {
  return milliseconds !== 0 && Math.abs(milliseconds) < 1000
    ? `${trim(milliseconds)}ms`
    : `${trim(milliseconds / 1000)}s`
}

/** Negative, zero or positive like a sort's comparison; null where one of them is no duration. */
export function compareDurations(a: string, b: string): number | null {
  const left = parseDuration(a)
  const right = parseDuration(b)
  return left === null || right === null ? null : left - right
}

function trim(amount: number): string {
  return String(Math.round(amount * 1e6) / 1e6)
}
