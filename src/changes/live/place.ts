import {record, text} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import type {LiveChange} from './entry.ts'
import {fieldPatch, holds} from './field-patch.ts'
import {comparable, comparableHash} from './server-fields.ts'

/**
 * Where an object is seen to stand: as before the change, as after it, after it and changed by others since, or as
 * neither, since somebody else changed it.
 */
export type Place = 'before' | 'after' | 'after-and-more' | 'neither'

/** Where a change stands by the object as it is now, whatever the ledger says: it may have been cut short. */
export function placeOf(change: LiveChange, live: JsonObject | null): Place {
  if (change.action === 'delete')
    return live === null ? 'after' : isBefore(change, live) ? 'before' : 'neither'
  if (live === null) return change.action === 'create' ? 'before' : 'neither'
  const hash = comparableHash(live)
  if (change.done !== null && hash === change.done.hash) return 'after'
  // Before what was expected: a change of nothing but owners has both alike, and is still to be made.
  if (isBefore(change, live)) return 'before'
  if (hash === change.expected) return 'after'
  // Without the server's word for it, an object that is just as it was planned is taken for changed.
  if (
    change.done === null &&
    change.expected === null &&
    change.after !== null &&
    hash === comparableHash(change.after)
  )
    return 'after'
  if (change.after === null) return 'neither'
  return holds(fieldPatch(change.before ?? {}, comparable(change.after)), change.after, live)
    ? 'after-and-more'
    : 'neither'
}

function isBefore({before, beforeHash}: LiveChange, live: JsonObject): boolean {
  if (beforeHash === null || comparableHash(live) !== beforeHash) return false
  const [was, is] = [uidOf(before), uidOf(live)]
  return was === '' || was === is
}

export function uidOf(value: JsonObject | null): string {
  return text(record(value?.['metadata'])['uid']) ?? ''
}
