import {objectKey} from '../objects/identity.ts'
import type {Change} from './change-set.ts'

/** One change an object: what several phases do to it one after the other. */
export function foldChanges(changes: readonly Change[]): readonly Change[] {
  const folded = new Map<string, Change>()
  for (const change of changes) {
    const key = objectKey(change.id)
    const earlier = folded.get(key)
    const joined = earlier === undefined ? change : join(earlier, change)
    if (joined === null) folded.delete(key)
    else folded.set(key, joined)
  }
  return [...folded.values()]
}

function join(first: Change, second: Change): Change | null {
  if (first.action === 'create') {
    const {id, reason} = first
    return second.action === 'delete' ? null : {action: 'create', id, after: second.after, reason}
  }
  const {id, before, reason} = first
  return second.action === 'delete'
    ? {action: 'delete', id, before, reason}
    : {action: 'update', id, before, after: second.after, reason}
}
