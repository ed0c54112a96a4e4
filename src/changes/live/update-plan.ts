import {record} from '../../objects/json.ts'
import type {JsonObject, ObjectId} from '../../objects/object.ts'
import {fieldManager} from '../../cluster/write.ts'
import {threeWay} from '../three-way.ts'
import type {Conflict} from './conflicts.ts'
import {appliedBefore, ownedByOthers, ownersOf} from './conflicts.ts'
import {fieldPatch} from './field-patch.ts'
import type {FieldPatch} from './field-patch.ts'
import {extract, fieldSetOf, union} from './field-set.ts'
import {withoutServerFields, withServerFields} from './server-fields.ts'

/** How an update is carried out on an object as it is now. */
export interface UpdatePlan {
  /** `apply`: server-side apply of few fields. `replace`: PUT, since an apply can't take away what others set. */
  readonly how: 'apply' | 'replace'
  readonly body: JsonObject
  readonly patch: FieldPatch
  /** The object that comes out, but for what the server adds. */
  readonly target: JsonObject
  /** Only of `replace`: an apply leaves finding them to the server. */
  readonly conflicts: readonly Conflict[]
}

export interface Update {
  readonly id: ObjectId
  readonly before: JsonObject
  readonly after: JsonObject
  /** The object as it is now; it may differ from `before` in what controllers keep. */
  readonly live: JsonObject
}

/**
 * The least that makes the change: only its own fields are sent, with those that meshctl applied to the object before,
 * as an apply takes away what its manager no longer names.
 */
export function planUpdate({id, before, after, live}: Update): UpdatePlan {
  const patch = fieldPatch(before, after)
  const target = rebase({before, after, live})
  if (!patch.removed.every(path => onlyApplied(live, path))) return replacement(id, live, target, patch)
  const fields = record(
    extract(withoutServerFields(target), union(fieldSetOf(patch.set), appliedBefore(live))),
  )
  const {uid, resourceVersion} = record(live['metadata'])
  const metadata = {
    ...record(fields['metadata']),
    name: id.name,
    ...(id.namespace === '' ? {} : {namespace: id.namespace}),
    uid,
    resourceVersion,
  }
  return {
    how: 'apply',
    body: {...fields, apiVersion: id.apiVersion, kind: id.kind, metadata},
    patch,
    target,
    conflicts: [],
  }
}

/** The same change as a PUT, for where an apply did not do it. */
export function planReplacement({id, before, after, live}: Update): UpdatePlan {
  return replacement(id, live, rebase({before, after, live}), fieldPatch(before, after))
}

function replacement(id: ObjectId, live: JsonObject, target: JsonObject, patch: FieldPatch): UpdatePlan {
  return {how: 'replace', body: target, patch, target, conflicts: ownedByOthers(id, live, target, patch)}
}

/** Whether an apply that leaves a field out takes it away: nobody but an earlier apply of meshctl owns it. */
function onlyApplied(live: JsonObject, path: readonly string[]): boolean {
  const owners = ownersOf(live, path)
  return (
    owners.length > 0 &&
    owners.every(({manager, operation}) => manager === fieldManager && operation === 'Apply')
  )
}

function rebase({before, after, live}: Pick<Update, 'before' | 'after' | 'live'>): JsonObject {
  const merged = threeWay(withoutServerFields(before), withoutServerFields(after), withoutServerFields(live))
  return withServerFields(record(merged.value), live)
}
