import type {JsonObject} from '../../objects/object.ts'
import type {Change, ChangeSet} from '../change-set.ts'
import {hashJson} from '../json-equality.ts'
import {ledgerSchema} from '../ledger-entry.ts'
import type {LedgerChange, LedgerEntry} from '../ledger-entry.ts'
import {comparableHash} from './server-fields.ts'

/** Where a step stands. It is written down before the first change, and again after each. */
export type LiveState =
  'planned' | 'applying' | 'applied' | 'verified' | 'inconclusive' | 'refuted' | 'rolled-back' | 'written'

/** One change of a step in a cluster: as in files, and what tells later how far it came. */
export interface LiveChange extends LedgerChange {
  /** Index of its phase. */
  readonly phase: number
  /** By which the object is recognised as not yet changed; null where there was none. */
  readonly beforeHash: string | null
  /** The Secret that keeps a Secret's before-image, in its own namespace. */
  readonly beforeSecret: string | null
  /** By which the object is recognised as changed: the server's answer to the dry run. */
  readonly expected: string | null
  /** The server's answer once the change was made; null until then. */
  readonly done: {readonly uid: string; readonly hash: string; readonly time: string} | null
}

/** A step in a cluster. The form is that of files, with the phases together and how far they came. */
export interface LiveEntry extends Omit<LedgerEntry, 'state' | 'changes'> {
  readonly context: string
  readonly answers: JsonObject
  /** The id of the step that this one takes back. */
  readonly rollsBack: string | null
  readonly state: LiveState
  /** Titles of all phases; `phase` is the one in hand. */
  readonly phases: readonly string[]
  readonly changes: readonly LiveChange[]
  /** Index of the change in hand while `applying`. */
  readonly at: number | null
  readonly history: readonly {readonly time: string; readonly state: LiveState}[]
}

export interface LiveStep {
  readonly id: string
  readonly time: Date
  readonly who: string
  readonly context: string
  readonly command: string
  readonly capability: string | null
  readonly stage: string | null
  readonly answers: JsonObject
  readonly rollsBack: string | null
}

export function plannedEntry(step: LiveStep, set: Pick<ChangeSet, 'phases'>): LiveEntry {
  const time = step.time.toISOString()
  const phases = set.phases.filter(phase => phase.changes.length > 0)
  return {
    schema: ledgerSchema,
    ...step,
    time,
    state: 'planned',
    phases: phases.map(phase => phase.title),
    phase: {index: 0, of: phases.length, title: phases[0]?.title ?? ''},
    changes: phases.flatMap((phase, index) => phase.changes.map(change => recorded(change, index))),
    at: null,
    history: [{time, state: 'planned'}],
  }
}

/** Of a Secret only hashes are recorded: its values stay where Secrets are. */
function recorded(change: Change, phase: number): LiveChange {
  const before = change.action === 'create' ? null : change.before.value
  const after = change.action === 'delete' ? null : change.after
  const withheld = change.id.kind === 'Secret'
  return {
    action: change.action,
    object: change.id,
    reason: change.reason,
    file: null,
    before: withheld ? null : before,
    after: withheld ? null : after,
    afterHash: after === null ? null : hashJson(after),
    withheld,
    phase,
    beforeHash: before === null ? null : comparableHash(before),
    beforeSecret: null,
    expected: null,
    done: null,
  }
}

const next: Readonly<Record<LiveState, readonly LiveState[]>> = {
  planned: ['applying', 'applied', 'rolled-back'],
  applying: ['applying', 'applied', 'rolled-back'],
  applied: ['verified', 'inconclusive', 'refuted', 'written', 'rolled-back'],
  inconclusive: ['verified', 'inconclusive', 'refuted', 'rolled-back'],
  refuted: ['verified', 'inconclusive', 'refuted', 'rolled-back'],
  verified: ['verified', 'inconclusive', 'refuted', 'rolled-back'],
  written: ['applied', 'verified', 'inconclusive', 'refuted', 'rolled-back'],
  'rolled-back': [],
}

export function mayBecome(from: LiveState, to: LiveState): boolean {
  return next[from].includes(to)
}

/** The entry in its next state; a transition that cannot be is a bug. */
export function inState(entry: LiveEntry, state: LiveState, time: Date): LiveEntry {
  if (!mayBecome(entry.state, state))
    throw new Error(`ledger entry ${entry.id} cannot go from ${entry.state} to ${state}`)
  return {...entry, state, at: null, history: [...entry.history, {time: time.toISOString(), state}]}
}

/** A change is about to be made. */
export function atChange(entry: LiveEntry, index: number, time: Date): LiveEntry {
  const change = entry.changes[index]
  if (change === undefined) throw new Error(`ledger entry ${entry.id} has no change ${index}`)
  const applying = entry.state === 'applying' ? entry : inState(entry, 'applying', time)
  return {
    ...applying,
    at: index,
    phase: {...entry.phase, index: change.phase, title: entry.phases[change.phase] ?? ''},
  }
}

/** A change was made: `answer` is the object as the server gave it back, null where it is gone. */
export function changeDone(
  entry: LiveEntry,
  index: number,
  done: NonNullable<LiveChange['done']>,
): LiveEntry {
  return withChange(entry, index, {done})
}

export function withChange(entry: LiveEntry, index: number, fields: Partial<LiveChange>): LiveEntry {
  return {
    ...entry,
    changes: entry.changes.map((change, at) => (at === index ? {...change, ...fields} : change)),
  }
}

/** A step whose changes may not all have been made: the next run explains it, goes on with it, or takes it back. */
export function isUnfinished({state}: LiveEntry): boolean {
  return state === 'planned' || state === 'applying'
}

/** A step that still waits for something: to be finished, or to be verified. */
export function isOpen({state}: LiveEntry): boolean {
  return state !== 'verified' && state !== 'rolled-back'
}

/** Whether a change is known not to have been made: the step was cut short before it came to it. */
export function wasNeverMade(entry: LiveEntry, change: LiveChange): boolean {
  return (
    isUnfinished(entry) && change.done === null && (entry.at === null || entry.changes[entry.at] !== change)
  )
}

/** How far a step came, in a sentence. */
export function explainEntry(entry: LiveEntry): string {
  const made = entry.changes.filter(change => change.done !== null).length
  const all = entry.changes.length
  const whole = all === 1 ? 'Its change was made' : `All ${all} changes were made`
  switch (entry.state) {
    case 'planned':
      return 'It was planned, and nothing was changed.'
    case 'applying':
      return `It stopped in phase ${entry.phase.index + 1} of ${entry.phase.of} (${entry.phase.title}): ${made} of ${all} changes are recorded as made.`
    case 'applied':
      return `${whole}, and not verified.`
    case 'written':
      return 'It was written into files, and has yet to arrive.'
    case 'verified':
      return `${whole} and verified.`
    case 'inconclusive':
      return `${whole}; too little traffic came to verify that.`
    case 'refuted':
      return `${whole}, and evidence contradicts it.`
    case 'rolled-back':
      return 'It was taken back.'
  }
}
