import {randomBytes} from 'node:crypto'
import {describe, objectKey} from '../objects/identity.ts'
import type {JsonObject, KubeObject, ObjectId} from '../objects/object.ts'
import type {Change, ChangeSet, Note, Phase} from './change-set.ts'
import {equalJson, hashJson} from './json-equality.ts'
import {isFileless, patchOf} from './object-patch.ts'

export const ledgerSchema = 'meshctl/ledger/v1'

/** One thing done to one object: what is needed to show it and to take it back. */
export interface LedgerChange {
  readonly action: Change['action']
  readonly object: ObjectId
  readonly reason: string
  /** The file that it was read from; null for a new object, one from stdin or a cluster. */
  readonly file: string | null
  /** The values before and after; null where there is none, or where it is a Secret's (`withheld`). */
  readonly before: JsonObject | null
  readonly after: JsonObject | null
  readonly afterHash: string | null
  readonly withheld: boolean
  /** What was written as a patch for kustomize, where the object has no manifest in the directory. */
  readonly patch?: JsonObject
}

/** One step that was taken. */
export interface LedgerEntry {
  readonly schema: typeof ledgerSchema
  readonly id: string
  readonly time: string
  readonly who: string
  readonly capability: string | null
  readonly stage: string | null
  /** The command line that took the step. */
  readonly command: string
  /** `written`: it stands in files, and has yet to arrive and to hold. */
  readonly state: 'written'
  readonly phase: {readonly index: number; readonly of: number; readonly title: string}
  readonly changes: readonly LedgerChange[]
}

export interface Step {
  readonly id: string
  readonly time: Date
  readonly who: string
  readonly capability: string | null
  readonly stage: string | null
  readonly command: string
  readonly set: Pick<ChangeSet, 'phases'>
  /** Which of the phases is taken, from 0. */
  readonly phase: number
}

/** The entry of a step; null where it changes nothing, for then nothing is recorded. */
export function entryOf(step: Step): LedgerEntry | null {
  const phase: Phase | undefined = step.set.phases[step.phase]
  const changes = (phase?.changes ?? []).filter(changesSomething).map(record)
  if (phase === undefined || changes.length === 0) return null
  const {id, time, who, capability, stage, command} = step
  const place = {index: step.phase, of: step.set.phases.length, title: phase.title}
  return {
    schema: ledgerSchema,
    id,
    time: time.toISOString(),
    who,
    capability,
    stage,
    command,
    state: 'written',
    phase: place,
    changes,
  }
}

function changesSomething(change: Change): boolean {
  return change.action !== 'update' || !equalJson(change.before.value, change.after)
}

function record(change: Change): LedgerChange {
  const before = change.action === 'create' ? null : change.before.value
  const after = change.action === 'delete' ? null : change.after
  const withheld = change.id.kind === 'Secret'
  return {
    action: change.action,
    object: change.id,
    reason: change.reason,
    file: change.action === 'create' ? null : (change.before.source?.file ?? null),
    before: withheld ? null : before,
    after: withheld ? null : after,
    afterHash: after === null ? null : hashJson(after),
    withheld,
    ...(isFileless(change) && !withheld ? {patch: patchOf(change)} : {}),
  }
}

/**
 * An id that sorts behind those there are, whatever the clock says, and that no other machine makes too:
 * `20261124-024512-123-9f3a1c`.
 */
export function nextId(now: Date, known: readonly string[]): string {
  const stamp = stampOf(now)
  const latest = known
    .map(id => id.slice(0, stamp.length))
    .filter(isStamp)
    .sort()
    .at(-1)
  const free = latest === undefined || latest < stamp ? stamp : stampOf(new Date(timeOf(latest) + 1))
  return `${free}-${randomBytes(3).toString('hex')}`
}

function stampOf(time: Date): string {
  const [date = '', clock = ''] = time.toISOString().split('T')
  return `${date.replaceAll('-', '')}-${clock.slice(0, 8).replaceAll(':', '')}-${clock.slice(9, 12)}`
}

const stampPattern = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-(\d{3})$/

function isStamp(text: string): boolean {
  return !Number.isNaN(timeOf(text))
}

function timeOf(stamp: string): number {
  const [, ...parts] = stampPattern.exec(stamp) ?? []
  const [year, month, day, hour, minute, second, rest] = parts
  return parts.length === 0
    ? Number.NaN
    : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${rest}Z`)
}

/**
 * The change set that takes a step back, as things stand in `objects` (as the step left them, where they are not given).
 * Of patches that it wrote those are taken out that still stand. A Secret's value is not in the ledger: a note says that
 * it stays as it is.
 */
export function reverseOf(
  entry: LedgerEntry,
  objects?: readonly KubeObject[],
  stands: (change: LedgerChange) => boolean = () => true,
): ChangeSet {
  const present =
    objects === undefined ? null : new Map(objects.map(object => [objectKey(object.id), object]))
  const reason = `takes back step ${entry.id}`
  const changes = entry.changes.toReversed().flatMap((change): readonly Change[] => {
    const {object: id, before, after, withheld} = change
    if (withheld) return []
    if (change.patch !== undefined) return stands(change) ? [unpatched(change, change.patch, reason)] : []
    const made: KubeObject | undefined = after === null ? undefined : {id, value: after, source: null}
    const now = present === null ? made : present.get(objectKey(id))
    if (before === null) return now === undefined ? [] : [{action: 'delete', id: now.id, before: now, reason}]
    if (now === undefined) return [{action: 'create', id, after: before, reason}]
    return equalJson(now.value, before)
      ? []
      : [{action: 'update', id: now.id, before: now, after: before, reason}]
  })
  const title = `Take back ${entry.phase.title}`
  return {
    phases: changes.length === 0 ? [] : [{title, changes}],
    notes: entry.changes.filter(({withheld}) => withheld).map(secretNote),
  }
}

/** Without its patch the object becomes again what its own manifest says. */
function unpatched({object: id, before, after}: LedgerChange, undoes: JsonObject, reason: string): Change {
  const patched = {id, value: after ?? {}, source: null}
  return {action: 'update', id, before: patched, after: before ?? {}, reason, undoes}
}

function secretNote({object}: LedgerChange): Note {
  return {
    title: `${describe(object)} stays as it is`,
    text: 'The ledger keeps no values of Secrets, so this one has to be put back by hand.',
    content: null,
  }
}

/** The objects of a step that are no longer as the step left them: others have changed them since. */
export function changedSince(entry: LedgerEntry, objects: readonly KubeObject[]): readonly ObjectId[] {
  const present = new Map(objects.map(object => [objectKey(object.id), object]))
  return entry.changes
    .filter(({patch}) => patch === undefined)
    .filter(({object, afterHash}) => {
      const now = present.get(objectKey(object))
      return (now === undefined ? null : hashJson(now.value)) !== afterHash
    })
    .map(({object}) => object)
}
