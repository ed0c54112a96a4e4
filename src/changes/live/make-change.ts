import type {JsonObject} from '../../objects/object.ts'
import type {ApplyOptions} from './apply-options.ts'
import {carryOut} from './carry-out.ts'
import {atChange, changeDone} from './entry.ts'
import type {LiveChange} from './entry.ts'
import {saveEntry} from './ledger-store.ts'
import type {StoredEntry} from './ledger-store.ts'
import type {Live} from './live.ts'
import {getObject} from './live.ts'
import {placeOf, uidOf} from './place.ts'
import {conflictError} from './preflight.ts'
import type {Disturbed} from './preflight.ts'
import {comparableHash} from './server-fields.ts'

export interface Making {
  readonly index: number
  readonly values: LiveChange
}

export type Made =
  {readonly stored: StoredEntry} | {readonly stored: StoredEntry; readonly because: Disturbed['because']}

const rounds = 5

/** Writes down which change comes, makes it where it is not made yet, and writes down that it was. */
export async function makeChange(
  live: Live,
  before: StoredEntry,
  {index, values}: Making,
  options: ApplyOptions,
): Promise<Made> {
  const change = before.entry.changes[index]
  if (change === undefined || change.done !== null) return {stored: before}
  const stored =
    before.entry.at === index
      ? before
      : await saveEntry(live.api, {...before, entry: atChange(before.entry, index, new Date())})
  options.onProgress?.({kind: 'changing', change, index, of: stored.entry.changes.length})
  const filled = {...change, before: values.before ?? change.before, after: values.after ?? change.after}
  const how = {
    dryRun: false,
    forceConflicts: options.forceConflicts ?? false,
    restore: stored.entry.rollsBack !== null,
  }
  for (let round = 0; round < rounds; round += 1) {
    const current = await getObject(live, change.object)
    const place = placeOf(filled, current)
    if (place === 'after' && how.restore && current !== null) await carryOut(live, filled, current, how)
    if (place === 'after' || place === 'after-and-more')
      return {stored: await record(live, stored, {index, object: current, hash: change.expected})}
    if (place === 'neither')
      return {stored: await leave(live, stored), because: current === null ? 'deleted' : 'changed'}
    const outcome = await carryOut(live, filled, current, how)
    if (outcome.kind === 'conflicts') throw conflictError(outcome.conflicts)
    if (outcome.kind === 'done')
      return {stored: await record(live, stored, {index, object: outcome.object, hash: null})}
  }
  return {stored: await leave(live, stored), because: 'changed'}
}

/** That the change in hand is not going to be made, so that the way back leaves its object alone. */
function leave(live: Live, stored: StoredEntry): Promise<StoredEntry> {
  return saveEntry(live.api, {...stored, entry: {...stored.entry, at: null}})
}

/** That a change was made, and with the same write which one comes next. */
async function record(
  live: Live,
  stored: StoredEntry,
  {
    index,
    object,
    hash,
  }: {readonly index: number; readonly object: JsonObject | null; readonly hash: string | null},
): Promise<StoredEntry> {
  const time = new Date()
  const done = changeDone(stored.entry, index, {
    uid: uidOf(object),
    hash: hash ?? (object === null ? '' : comparableHash(object)),
    time: time.toISOString(),
  })
  const following = done.changes[index + 1]
  const next =
    following !== undefined && following.phase === done.changes[index]?.phase
      ? atChange(done, index + 1, time)
      : done
  return saveEntry(live.api, {...stored, entry: next})
}
