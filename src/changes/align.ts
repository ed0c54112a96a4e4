import {isRecord, list} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {equalJson} from './json-equality.ts'

/** One step from an old list to a new one: an item that stays (perhaps changed), goes, or comes. */
export type Step =
  | {readonly kind: 'keep'; readonly from: number; readonly to: number}
  | {readonly kind: 'remove'; readonly from: number}
  | {readonly kind: 'insert'; readonly to: number}

/** Lists longer than this (after what is alike at both ends) are compared item by item in place. */
const maxCells = 250_000

/** How one list becomes another, so that items which are alike stay where they are. */
export function align(before: readonly Json[], after: readonly Json[]): readonly Step[] {
  let head = 0
  while (head < before.length && head < after.length && equalJson(before[head], after[head])) head++
  let tail = 0
  const room = Math.min(before.length, after.length) - head
  while (tail < room && equalJson(before.at(-1 - tail), after.at(-1 - tail))) tail++
  const middle = between(before, after, [head, before.length - tail], [head, after.length - tail])
  return [
    ...range(0, head).map(index => keep(index, index)),
    ...middle,
    ...range(0, tail).map(index => keep(before.length - tail + index, after.length - tail + index)),
  ]
}

type Span = readonly [start: number, end: number]

function between(before: readonly Json[], after: readonly Json[], old: Span, fresh: Span): readonly Step[] {
  const same = common(old, fresh, (from, to) => equalJson(before[from], after[to]))
  return spread(same, old, fresh, (a, b) => changed(before, after, a, b))
}

/** Items between two that stay: paired one by one where as many come as go, else those of one name are the same. */
function changed(before: readonly Json[], after: readonly Json[], old: Span, fresh: Span): readonly Step[] {
  const goes = old[1] - old[0]
  if (goes === fresh[1] - fresh[0]) return range(0, goes).map(index => keep(old[0] + index, fresh[0] + index))
  const named = common(
    old,
    fresh,
    (from, to) => nameOf(before[from]) !== undefined && nameOf(before[from]) === nameOf(after[to]),
  )
  return spread(named, old, fresh, (a, b) => [
    ...range(...a).map((from): Step => ({kind: 'remove', from})),
    ...range(...b).map((to): Step => ({kind: 'insert', to})),
  ])
}

type Match = readonly [from: number, to: number]

function spread(
  matches: readonly Match[],
  old: Span,
  fresh: Span,
  gap: (old: Span, fresh: Span) => readonly Step[],
): readonly Step[] {
  const steps: Step[] = []
  let [from, to] = [old[0], fresh[0]]
  for (const [a, b] of matches) {
    steps.push(...gap([from, a], [to, b]), keep(a, b))
    from = a + 1
    to = b + 1
  }
  return [...steps, ...gap([from, old[1]], [to, fresh[1]])]
}

/** The longest common subsequence by a test of sameness. */
function common(old: Span, fresh: Span, same: (from: number, to: number) => boolean): readonly Match[] {
  const rows = old[1] - old[0]
  const columns = fresh[1] - fresh[0]
  if (rows * columns === 0 || rows * columns > maxCells) return []
  const lengths = Array.from({length: rows + 1}, () => new Int32Array(columns + 1))
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0
  const alike = Array.from({length: rows}, (_, row) =>
    Array.from({length: columns}, (_, column) => same(old[0] + row, fresh[0] + column)),
  )
  for (let row = rows - 1; row >= 0; row--) {
    const line = lengths[row]
    if (line === undefined) continue
    for (let column = columns - 1; column >= 0; column--) {
      line[column] =
        alike[row]?.[column] === true
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const matches: Match[] = []
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (alike[row]?.[column] === true) matches.push([old[0] + row++, fresh[0] + column++])
    else if (at(row + 1, column) >= at(row, column + 1)) row++
    else column++
  }
  return matches
}

/** What tells the items of a list of Kubernetes apart. */
function nameOf(item: Json | undefined): string | undefined {
  if (!isRecord(item)) return undefined
  const {kind, metadata, name, host, port} = item
  if (isRecord(metadata)) return JSON.stringify([kind, metadata['namespace'], metadata['name']])
  const [first] = list(item['hosts'])
  for (const value of [name, host, isRecord(port) ? port['number'] : port, first]) {
    if (typeof value === 'string' || typeof value === 'number') return String(value)
  }
  return undefined
}

function keep(from: number, to: number): Step {
  return {kind: 'keep', from, to}
}

function range(start: number, end: number): readonly number[] {
  return Array.from({length: Math.max(0, end - start)}, (_, index) => start + index)
}
