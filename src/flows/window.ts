import {MeshctlError} from '../cli/error.ts'

const units: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000}

/** `10s` in milliseconds. */
export function readWindow(given: string, flag = 'window'): number {
  const [, count, unit] = /^(\d{1,6}(?:\.\d+)?)(ms|s|m)$/.exec(given) ?? []
  const milliseconds = Number(count) * (units[unit ?? ''] ?? Number.NaN)
  if (milliseconds <= 3_600_000) return Math.round(milliseconds)
  throw new MeshctlError('invalid-value', `--${flag} cannot be ${given}.`, {
    try: ['Write it like 10s or 2m, at most an hour.'],
    found: given,
  })
}
