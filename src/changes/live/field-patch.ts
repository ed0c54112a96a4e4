import {isRecord, records, text} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {equalJson} from '../json-equality.ts'
import type {FieldPath} from './field-set.ts'
import {valueAt} from './field-set.ts'
import {keysOf, keyStep, mergesLists} from './keyed-lists.ts'
import {withoutServerFields} from './server-fields.ts'

/** What a change does to an object, field by field: those that it sets (or changes), and those that it takes away. */
export interface FieldPatch {
  readonly set: readonly FieldPath[]
  readonly removed: readonly FieldPath[]
}

/** The smallest patch from one state of an object to another. */
export function fieldPatch(before: JsonObject, after: JsonObject): FieldPatch {
  const merges = mergesLists(text(after['apiVersion']) ?? '')
  return join(compareRecords(withoutServerFields(before), withoutServerFields(after), [], merges))
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: FieldPath,
  merges: boolean,
): FieldPatch {
  if (equalJson(before, after)) return {set: [], removed: []}
  if (after === undefined) return {set: [], removed: [path]}
  if (isRecord(before) && isRecord(after)) return join(compareRecords(before, after, path, merges))
  if (merges && Array.isArray(before) && Array.isArray(after))
    return compareLists(before as readonly Json[], after as readonly Json[], path)
  return {set: [path], removed: []}
}

function compareRecords(
  before: JsonObject,
  after: JsonObject,
  path: FieldPath,
  merges: boolean,
): readonly FieldPatch[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.map(key => compare(own(before, key), own(after, key), [...path, `f:${key}`], merges))
}

function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

function compareLists(before: readonly Json[], after: readonly Json[], path: FieldPath): FieldPatch {
  const keys = keysOf([...after])
  const keysBefore = keysOf([...before])
  if (keys === null || keysBefore?.join() !== keys.join()) return {set: [path], removed: []}
  const by = (items: readonly Json[]): ReadonlyMap<string, JsonObject> =>
    new Map(records(items).map(item => [keyStep(item, keys), item]))
  const [old, fresh] = [by(before), by(after)]
  const steps = [...new Set([...old.keys(), ...fresh.keys()])]
  return join(steps.map(step => compare(old.get(step), fresh.get(step), [...path, step], true)))
}

function join(patches: readonly FieldPatch[]): FieldPatch {
  return {set: patches.flatMap(one => one.set), removed: patches.flatMap(one => one.removed)}
}

/** Whether an object is as a patch wants it; what the server adds by default inside of it does not count. */
export function holds(patch: FieldPatch, after: JsonObject, live: JsonObject): boolean {
  return (
    patch.set.every(path => covers(valueAt(after, path), valueAt(live, path))) &&
    patch.removed.every(path => valueAt(live, path) === undefined)
  )
}

function covers(wanted: Json | undefined, found: Json | undefined): boolean {
  if (isRecord(wanted))
    return isRecord(found) && Object.entries(wanted).every(([key, value]) => covers(value, own(found, key)))
  if (!Array.isArray(wanted)) return equalJson(wanted, found)
  const items = wanted as readonly Json[]
  return (
    Array.isArray(found) &&
    items.length === found.length &&
    items.every((item, index) => covers(item, (found as readonly Json[])[index]))
  )
}
