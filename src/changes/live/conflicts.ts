import {records, text} from '../../objects/json.ts'
import type {Json, JsonObject, ObjectId} from '../../objects/object.ts'
import {describe} from '../../objects/identity.ts'
import {ApiError} from '../../cluster/api.ts'
import {fieldManager, managersOf} from '../../cluster/write.ts'
import type {FieldPatch} from './field-patch.ts'
import type {FieldPath, FieldSet} from './field-set.ts'
import {formatFieldPath, parseServerPath, readFieldSet, valueAt} from './field-set.ts'

/** A field that a change wants and somebody else owns. */
export interface Conflict {
  readonly object: ObjectId
  readonly path: string
  /** Who owns it: `kubectl-client-side-apply`, `argocd-controller`. */
  readonly owner: string
  readonly theirs: Json | null
  /** Null where the change takes the field away. */
  readonly ours: Json | null
}

/** Whether the server refused because of who owns a field, and not because the object changed meanwhile. */
export function isFieldConflict(error: unknown): error is ApiError {
  return (
    error instanceof ApiError &&
    error.status === 409 &&
    records(error.details['causes']).some(cause => cause['reason'] === 'FieldManagerConflict')
  )
}

/** The conflicts that the server names, as people can read them; `after` is what the change wants. */
export function conflictsOf(
  error: ApiError,
  object: ObjectId,
  live: JsonObject,
  after: JsonObject,
): readonly Conflict[] {
  return records(error.details['causes'])
    .filter(cause => cause['reason'] === 'FieldManagerConflict')
    .map(cause => {
      const path = parseServerPath(text(cause['field']) ?? '', live)
      return conflictAt({object, path, owner: ownerIn(text(cause['message']) ?? ''), live, after})
    })
}

/** `conflict with "kubectl" with subresource "status" using apps/v1` (apimachinery managedfields/internal/conflict.go). */
function ownerIn(message: string): string {
  const quoted = /"(?:[^"\\]|\\.)*"/.exec(message)?.[0]
  return quoted === undefined ? message : String(JSON.parse(quoted))
}

interface ConflictAt {
  readonly object: ObjectId
  readonly path: FieldPath
  readonly owner: string
  readonly live: JsonObject
  readonly after: JsonObject
}

function conflictAt({object, path, owner, live, after}: ConflictAt): Conflict {
  return {
    object,
    path: formatFieldPath(path),
    owner,
    theirs: valueAt(live, path) ?? null,
    ours: valueAt(after, path) ?? null,
  }
}

/** The fields of a patch that others own, by the object's managedFields: a PUT would take them without asking. */
export function ownedByOthers(
  object: ObjectId,
  live: JsonObject,
  after: JsonObject,
  patch: FieldPatch,
): readonly Conflict[] {
  return [...patch.removed, ...patch.set].flatMap(path =>
    ownersOf(live, path)
      .filter(({manager}) => manager !== fieldManager)
      .map(({manager}) => conflictAt({object, path, owner: manager, live, after})),
  )
}

/** Who owns a field, or anything below it. */
export function ownersOf(
  live: JsonObject,
  path: FieldPath,
): readonly {readonly manager: string; readonly operation: string}[] {
  return managersOf(live).filter(({fields}) => has(readFieldSet(fields), path))
}

function has(fields: FieldSet, [step, ...rest]: FieldPath): boolean {
  if (step === undefined) return true
  const child = fields.children.get(step)
  return child !== undefined && has(child, rest)
}

/** What meshctl itself applied to an object before: an apply that leaves these out would take them away. */
export function appliedBefore(live: JsonObject): FieldSet {
  const own = managersOf(live).find(
    ({manager, operation}) => manager === fieldManager && operation === 'Apply',
  )
  return own === undefined ? {whole: false, children: new Map()} : readFieldSet(own.fields)
}

/** One line for each conflict: `DestinationRule shop/cart spec.host: kubectl-edit has "a", this step wants "b"`. */
export function describeConflict({object, path, owner, theirs, ours}: Conflict): string {
  const hidden = object.kind === 'Secret'
  const show = (value: Json): string => (hidden ? '(not shown)' : short(JSON.stringify(value)))
  const wants = ours === null ? 'takes it away' : `wants ${show(ours)}`
  return `${describe(object)} ${path}: ${owner} has ${show(theirs)}, this step ${wants}`
}

function short(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 79)}…`
}
