import {describe} from '../../objects/identity.ts'
import type {JsonObject, ObjectId} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import {ApiError} from '../../cluster/api.ts'
import type {ChangeSet} from '../change-set.ts'
import {changesOf} from '../change-set.ts'
import {carryOut} from './carry-out.ts'
import type {Outcome} from './carry-out.ts'
import type {Conflict} from './conflicts.ts'
import {describeConflict} from './conflicts.ts'
import type {LiveChange} from './entry.ts'
import type {Live} from './live.ts'
import {getObject} from './live.ts'
import type {Manager} from './managed-by.ts'
import {managerOf} from './managed-by.ts'
import {placeOf} from './place.ts'
import {comparableHash} from './server-fields.ts'

export interface Disturbed {
  readonly object: ObjectId
  readonly because: 'changed' | 'deleted' | 'created'
}

/** Ready: by index of change, how the server says that the object will be. Else somebody changed objects meanwhile. */
export type Preflight =
  | {readonly kind: 'ready'; readonly expected: ReadonlyMap<number, string | null>}
  | {readonly kind: 'changed-meanwhile'; readonly objects: readonly Disturbed[]}

export interface PreflightOptions {
  readonly forceConflicts: boolean
  readonly restore: boolean
  /** Namespaces that an earlier change of the step makes: nothing can be tried in them yet. */
  readonly newNamespaces: ReadonlySet<string>
  /** The change that was in hand when the step was cut short: alone it may have been made without a record of it. */
  readonly inHand: number | null
}

/** Throws MeshctlError `refused` for objects that another tool would put back at its next run. */
export function refuseManaged(set: Pick<ChangeSet, 'phases'>): void {
  const managed = changesOf({...set, notes: []}).flatMap(change => {
    const manager = change.action === 'create' ? null : managerOf(change.before.value)
    return manager === null ? [] : [{object: change.id, manager}]
  })
  if (managed.length === 0) return
  const lines = managed.map(
    ({object, manager}) => `${describe(object)} is managed by ${describeManager(manager)}`,
  )
  throw new MeshctlError(
    'refused',
    `a change made here would be undone by what manages these objects; nothing was changed.\n  ${lines.join('\n  ')}`,
    {
      try: ['Write the change into the files that it is managed from: add --write DIR.'],
      data: {managed},
    },
  )
}

function describeManager({tool, name, shownBy}: Manager): string {
  const who = tool === 'a controller' ? name : `${tool}${name === '' ? '' : ` (${name})`}`
  return `${who}, as its ${shownBy} shows`
}

/**
 * Looks at every object of a phase, and has the server try every change, before the first is made. Throws MeshctlError
 * `refused` with all conflicts, or with what the server (or a webhook of it) says against a change.
 */
export async function preflight(
  live: Live,
  changes: readonly (readonly [number, LiveChange])[],
  options: PreflightOptions,
): Promise<Preflight> {
  const expected = new Map<number, string | null>()
  const disturbed: Disturbed[] = []
  const conflicts: Conflict[] = []
  const rejected: Rejection[] = []
  for (const [index, change] of changes) {
    const current = await getObject(live, change.object)
    const place = placeOf(change, current)
    if (change.done !== null || (index === options.inHand && place !== 'neither' && place !== 'before'))
      continue
    if (place !== 'before')
      disturbed.push({
        object: change.object,
        because: current === null ? 'deleted' : change.action === 'create' ? 'created' : 'changed',
      })
    if (place !== 'before' || options.newNamespaces.has(change.object.namespace)) continue
    const tried = await attempt(live, change, current, options)
    if (tried.kind === 'rejected') rejected.push(tried)
    else if (tried.kind === 'conflicts') conflicts.push(...tried.conflicts)
    else if (tried.kind === 'stale') disturbed.push({object: change.object, because: 'changed'})
    else expected.set(index, tried.object === null ? null : comparableHash(tried.object))
  }
  if (disturbed.length > 0) return {kind: 'changed-meanwhile', objects: disturbed}
  if (conflicts.length > 0) throw conflictError(conflicts)
  if (rejected.length > 0) throw rejectedError(rejected)
  return {kind: 'ready', expected}
}

interface Rejection {
  readonly kind: 'rejected'
  readonly object: ObjectId
  readonly message: string
}

async function attempt(
  live: Live,
  change: LiveChange,
  current: JsonObject | null,
  {forceConflicts, restore}: PreflightOptions,
): Promise<Outcome | Rejection> {
  // Every try is one round trip; an object that is written to all the time gets a few of them.
  for (let round = 0; ; round += 1) {
    const seen = round === 0 ? current : await getObject(live, change.object)
    if (round > 0 && placeOf(change, seen) !== 'before') return {kind: 'stale'}
    try {
      const outcome = await carryOut(live, change, seen, {dryRun: true, forceConflicts, restore})
      if (outcome.kind !== 'stale' || round >= 4) return outcome
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return {kind: 'rejected', object: change.object, message: error.message}
    }
  }
}

export function conflictError(conflicts: readonly Conflict[]): MeshctlError {
  return new MeshctlError(
    'refused',
    `others own fields that this step wants to change.\n  ${conflicts.map(describeConflict).join('\n  ')}`,
    {
      try: ['Add --force-conflicts to take the fields over.', 'Add --write DIR to get the change as files.'],
      data: {
        conflicts: conflicts.map(one =>
          one.object.kind === 'Secret' ? {...one, theirs: null, ours: null} : one,
        ),
      },
    },
  )
}

function rejectedError(rejected: readonly Rejection[]): MeshctlError {
  const lines = rejected.map(({object, message}) => `${describe(object)}: ${message}`)
  return new MeshctlError(
    'refused',
    `the API server would not take this; nothing of it was changed.\n  ${lines.join('\n  ')}`,
    {
      try: ['Run it again with --dry-run to see the objects in full.'],
      data: {rejected: rejected.map(({object, message}) => ({object, message}))},
    },
  )
}
