import type {Fact} from '../mesh/fact.ts'
import type {ObjectId} from '../objects/object.ts'
import type {Assessment, CellState, Reason} from './stage.ts'

export function reason(
  code: string,
  message: string,
  facts: readonly Fact[],
  unblock: string | null = null,
): Reason {
  return {code, message, facts, unblock}
}

export const done = (...reasons: readonly Reason[]): Assessment => ({state: 'done', reasons})
export const ready = (...reasons: readonly Reason[]): Assessment => ({state: 'ready', reasons})
export const notApplicable = (...reasons: readonly Reason[]): Assessment => ({
  state: 'not-applicable',
  reasons,
})

/** What stands in the way, and what can't be told: blocked beats unknown, since more knowledge would not help there. */
export interface Findings {
  readonly blockers: readonly Reason[]
  readonly unknowns: readonly Reason[]
  /** Worth saying, and no obstacle. */
  readonly cautions: readonly Reason[]
}

export function conclude({blockers, unknowns, cautions}: Findings): Assessment {
  const state: CellState = blockers.length > 0 ? 'blocked' : unknowns.length > 0 ? 'unknown' : 'ready'
  return {state, reasons: distinct([...blockers, ...unknowns, ...cautions])}
}

/** The same reason may follow from two ports; it is said once. */
function distinct(reasons: readonly Reason[]): readonly Reason[] {
  const said = new Set<string>()
  return reasons.filter(({code, message}) => {
    const key = `${code} ${message}`
    return said.has(key) ? false : (said.add(key), true)
  })
}

/** An object in words: `DestinationRule bookinfo/reviews`. */
export function named(id: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string {
  return `${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`
}

/** `a`, `a and b`, `a, b and 3 more`: a sentence stays readable however many there are. */
export function listed(names: readonly string[], most = 4): string {
  const distinctNames = [...new Set(names)]
  const shown =
    distinctNames.length > most
      ? [...distinctNames.slice(0, most - 1), `${distinctNames.length - most + 1} more`]
      : distinctNames
  const last = shown.at(-1) ?? 'none'
  return shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} and ${last}`
}
