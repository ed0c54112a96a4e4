import type {Comparison, Mismatch} from './compare.ts'

/** Adds up what many meshes gave. */
export class Tally {
  meshes = 0
  edges = 0
  unknown = 0
  mismatches = 0
  readonly #found = new Map<string, number>()
  readonly #unknownBecause = new Map<string, number>()
  readonly #begin = Date.now()

  add({edges, unknown, mismatches, found, unknownBecause}: Comparison): void {
    this.meshes++
    this.edges += edges
    this.unknown += unknown
    this.mismatches += mismatches.length
    for (const [key, count] of Object.entries(found))
      this.#found.set(key, (this.#found.get(key) ?? 0) + count)
    for (const [key, count] of Object.entries(unknownBecause))
      this.#unknownBecause.set(key, (this.#unknownBecause.get(key) ?? 0) + count)
  }

  line(): string {
    const seconds = (Date.now() - this.#begin) / 1000
    const share = this.edges === 0 ? 0 : (this.unknown / this.edges) * 100
    return `${this.meshes} meshes in ${Math.round(seconds)} s, ${this.edges} edges, ${this.unknown} unknown (${share.toFixed(2)} %), ${this.mismatches} mismatches`
  }

  report(seeds: readonly number[]): string {
    const [first = 0] = seeds
    const last = seeds.at(-1) ?? first
    const named = last - first + 1 === seeds.length ? `${first} to ${last}` : seeds.join(',')
    return [
      `seeds ${named}: ${this.line()}`,
      listed('found', this.#found),
      listed('unknown because', this.#unknownBecause),
    ].join('\n')
  }
}

function listed(title: string, counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts.entries()].sort(([, a], [, b]) => b - a)
  return `${title}: ${sorted.map(([key, count]) => `${key} ${count}`).join(', ')}`
}

export function describeMismatch(seed: number, {edge, predicted, found, because}: Mismatch): string {
  return `seed ${seed}: ${edge}\n  predicted ${predicted}\n  found     ${found}\n    ${because.join('\n    ')}`
}
