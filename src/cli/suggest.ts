import {distance} from 'fastest-levenshtein'

import {MeshctlError} from './error.ts'

/**
 * The option that a word was most likely meant to be; null where none is near: at most a third of the letters may
 * differ. It is only ever shown, never run.
 */
export function closest(word: string, options: Iterable<string>): string | null {
  let best: string | null = null
  let least = Number.POSITIVE_INFINITY
  const wanted = word.toLowerCase()
  for (const option of options) {
    const steps = typos(wanted, option.toLowerCase())
    if (steps * 3 <= Math.max(word.length, option.length) && steps < least) {
      best = option
      least = steps
    }
  }
  return best
}

/** Letters to change; two that are swapped, the commonest slip, count as one. */
function typos(word: string, option: string): number {
  const swapped = [...word].map(
    (_, at) => word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2),
  )
  return Math.min(distance(word, option), ...swapped.map(other => distance(other, option) + 1))
}

/** `. Did you mean X?`, or the full stop alone. */
export function didYouMean(word: string, options: Iterable<string>): string {
  const near = closest(word, options)
  return near === null ? '.' : `. Did you mean ${near}?`
}

/** Names shown when a name is unknown; more would bury the sentence. */
const shown = 12

/** The error for a name that is not among those there are: a capability, rule, namespace, service, host. */
export function unknownName(
  kind: string,
  found: string,
  options: readonly string[],
  next: readonly string[],
): MeshctlError {
  return new MeshctlError('unknown-name', `There is no ${kind} ${found}${didYouMean(found, options)}`, {
    try: next,
    found,
    validOptions: options.length <= shown ? options : nearest(found, options),
  })
}

function nearest(word: string, options: readonly string[]): readonly string[] {
  const ranked = options.map(option => [typos(word.toLowerCase(), option.toLowerCase()), option] as const)
  return ranked
    .sort((a, b) => a[0] - b[0])
    .slice(0, shown)
    .map(([, option]) => option)
}
