import {isRecord, record, text} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import type {Change} from '../change-set.ts'
import {hashJson} from '../json-equality.ts'

/** What the API server keeps for itself of every object; nobody sets it, and no two objects share it. */
const kept = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
])

/** Controllers keep these current on objects that people own: https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const keptAnnotations = new Set([
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
])

/** Kinds whose number of replicas an autoscaler may set at any time. */
const scaled = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'Rollout'])

/** An object as its author wrote it: without status, and without what the server keeps for itself. */
export function withoutServerFields(value: JsonObject): JsonObject {
  const {status: _status, ...rest} = value
  const metadata = Object.entries(record(value['metadata'])).filter(([key]) => !kept.has(key))
  return {...rest, metadata: Object.fromEntries(metadata)}
}

/** The server's own fields of one object on the content of another, so that a PUT replaces what was seen. */
export function withServerFields(content: JsonObject, of: JsonObject): JsonObject {
  const theirs = Object.entries(record(of['metadata'])).filter(([key]) => kept.has(key))
  const bare = withoutServerFields(content)
  const status = of['status'] === undefined ? {} : {status: of['status']}
  return {...bare, metadata: {...record(bare['metadata']), ...Object.fromEntries(theirs)}, ...status}
}

/** What two states of one object are compared by: that which somebody decided, not what controllers count. */
export function comparable(value: JsonObject): JsonObject {
  const bare = withoutServerFields(value)
  const metadata = record(bare['metadata'])
  const {annotations, ...others} = metadata
  const notes = Object.entries(record(annotations)).filter(([key]) => !keptAnnotations.has(key))
  const result = {
    ...bare,
    metadata: {...others, ...(notes.length === 0 ? {} : {annotations: Object.fromEntries(notes)})},
  }
  const spec: Json | undefined = bare['spec']
  if (!scaled.has(text(value['kind']) ?? '') || !isRecord(spec)) return result
  const {replicas: _replicas, ...rest} = spec
  return {...result, spec: rest}
}

export function comparableHash(value: JsonObject): string {
  return hashJson(comparable(value))
}

/** A change as people want to read it in a diff: of objects without the server's own fields. */
export function readableChange(change: Change): Change {
  if (change.action === 'create') return {...change, after: withoutServerFields(change.after)}
  const before = {...change.before, value: withoutServerFields(change.before.value)}
  return change.action === 'delete'
    ? {...change, before}
    : {...change, before, after: withoutServerFields(change.after)}
}
