import {describe, objectKey} from '../../objects/identity.ts'
import {record, records, text} from '../../objects/json.ts'
import type {JsonObject, KubeObject, ObjectId} from '../../objects/object.ts'
import {fieldManager, managersOf} from '../../cluster/write.ts'
import type {Change, Phase} from '../change-set.ts'
import {hashJson} from '../json-equality.ts'
import type {LiveChange, LiveEntry} from './entry.ts'
import {wasNeverMade} from './entry.ts'
import {fieldPatch} from './field-patch.ts'
import {formatFieldPath} from './field-set.ts'
import {placeOf} from './place.ts'
import {comparable, comparableHash} from './server-fields.ts'

/** The objects of a step as they are now, by `objectKey`; null where there is none. */
export type LiveObjects = ReadonlyMap<string, JsonObject | null>

/** An object of the step that others changed since. */
export interface ChangedLater {
  readonly object: ObjectId
  readonly because: 'changed' | 'deleted' | 'created-again'
  /** Paths in which it is not as the step left it, as far as that is known. */
  readonly paths: readonly string[]
  /** Field managers that wrote to it after the step, as they call themselves. */
  readonly by: readonly string[]
}

export type RollbackPlan =
  | {
      readonly kind: 'plan'
      readonly set: {readonly phases: readonly Phase[]; readonly notes: readonly []}
      readonly alreadyBack: readonly ObjectId[]
    }
  | {readonly kind: 'changed-later'; readonly objects: readonly ChangedLater[]}

/**
 * The change set that puts back what was there before a step, last change first. `entry` needs the before-images of
 * Secrets filled in (`withSecrets`). Objects that others changed since are not overwritten, unless told to; those that
 * the step never came to are left alone in any case.
 */
export function planRollback(
  entry: LiveEntry,
  live: LiveObjects,
  {overwriteLater = false}: {readonly overwriteLater?: boolean} = {},
): RollbackPlan {
  const later = overwriteLater ? [] : changedLater(entry, live)
  if (later.length > 0) return {kind: 'changed-later', objects: later}
  const world = new Map(live)
  const alreadyBack: ObjectId[] = []
  const phases = [...entry.phases.entries()].reverse().map(([phase, title]): Phase => {
    const changes = entry.changes.filter(change => change.phase === phase).toReversed()
    return {
      title: `Take back: ${title}`,
      changes: changes.flatMap(change => {
        if (wasNeverMade(entry, change)) return []
        const reverse = reverseOf(
          change,
          world.get(objectKey(change.object)) ?? null,
          `takes back step ${entry.id}`,
        )
        if (reverse === null) alreadyBack.push(change.object)
        world.set(objectKey(change.object), change.before)
        return reverse === null ? [] : [reverse]
      }),
    }
  })
  return {
    kind: 'plan',
    set: {phases: phases.filter(({changes}) => changes.length > 0), notes: []},
    alreadyBack,
  }
}

function reverseOf(change: LiveChange, now: JsonObject | null, reason: string): Change | null {
  const {object: id, before} = change
  if (before === null) return now === null ? null : {action: 'delete', id, before: objectOf(id, now), reason}
  if (now === null) return {action: 'create', id, after: before, reason}
  return comparableHash(now) === comparableHash(before) && ownFields(now) === ownFields(before)
    ? null
    : {action: 'update', id, before: objectOf(id, now), after: withLiveCounts(before, now), reason}
}

/** What meshctl owns of an object: a way back that was cut short may have put back all but the owners. */
function ownFields(value: JsonObject): string {
  return hashJson(
    managersOf(value).flatMap(({manager, operation, fields}) =>
      manager === fieldManager ? [{operation, fields}] : [],
    ),
  )
}

function objectOf(id: ObjectId, value: JsonObject): KubeObject {
  return {id, value, source: null}
}

/** An autoscaler's number of replicas is nobody's to put back. */
function withLiveCounts(before: JsonObject, now: JsonObject): JsonObject {
  const [was, is] = [record(before['spec']), record(now['spec'])]
  const counted = record(comparable(before)['spec'])
  if (Object.hasOwn(counted, 'replicas') || !Object.hasOwn(was, 'replicas') || !Object.hasOwn(is, 'replicas'))
    return before
  return {...before, spec: {...was, replicas: is['replicas']}}
}

/** Of each object its last change counts: it must be as that one left it, or as it was before the step. */
function changedLater(entry: LiveEntry, live: LiveObjects): readonly ChangedLater[] {
  const made = entry.changes.filter(change => !wasNeverMade(entry, change))
  const first = new Map(made.toReversed().map(change => [objectKey(change.object), change]))
  const last = new Map(made.map(change => [objectKey(change.object), change]))
  return [...last].flatMap(([key, change]) => {
    const now = live.get(key) ?? null
    const between = made.filter(one => objectKey(one.object) === key)
    if (between.some(one => isAt(one, now)) || isBack(first.get(key), now)) return []
    return [describeLater(entry, change, now)]
  })
}

function isAt(change: LiveChange, now: JsonObject | null): boolean {
  const place = placeOf(change, now)
  return place === 'before' || place === 'after'
}

/** There is nothing left to take back: what the step created is gone, or what it deleted is there again as it was. */
function isBack(first: LiveChange | undefined, now: JsonObject | null): boolean {
  return first?.action === 'create' ? now === null : now !== null && comparableHash(now) === first?.beforeHash
}

function describeLater(entry: LiveEntry, change: LiveChange, now: JsonObject | null): ChangedLater {
  const because = now === null ? 'deleted' : change.action === 'delete' ? 'created-again' : 'changed'
  const patch =
    now === null || change.after === null
      ? {set: [], removed: []}
      : fieldPatch(comparable(change.after), comparable(now))
  return {
    object: change.object,
    because,
    paths: [...patch.set, ...patch.removed].map(formatFieldPath),
    by: now === null ? [] : writersSince(now, change.done?.time ?? entry.time),
  }
}

function writersSince(value: JsonObject, time: string): readonly string[] {
  const since = Math.floor(Date.parse(time) / 1000) * 1000
  const writers = records(record(value['metadata'])['managedFields'])
    .filter(one => text(one['subresource']) === undefined && Date.parse(text(one['time']) ?? '') >= since)
    .map(one => text(one['manager']) ?? '')
  return [...new Set(writers.filter(manager => manager !== fieldManager && manager !== ''))]
}

export function describeChangedLater({object, because, paths, by}: ChangedLater): string {
  const who = by.length === 0 ? '' : ` by ${by.join(', ')}`
  if (because === 'deleted') return `${describe(object)} was deleted since`
  if (because === 'created-again') return `${describe(object)} was created again since${who}`
  return `${describe(object)} was changed since${who}${paths.length === 0 ? '' : `: ${paths.join(', ')}`}`
}

/** A later step that stands on one that is to be taken back. */
export interface Resting {
  readonly id: string
  readonly capability: string | null
  readonly stage: string | null
  readonly why: 'same-objects' | 'capability'
  readonly objects: readonly ObjectId[]
}

/** Without a proxy beside it a workload has none of the other three; without mTLS an own CA secures nothing. */
const restsOn: Readonly<Record<string, readonly string[]>> = {
  tracing: ['sidecars'],
  mtls: ['sidecars'],
  resiliency: ['sidecars'],
}

/** The later steps, not taken back, that rest on a step: on its objects, or on what its capability gives. */
export function restingOn(entry: LiveEntry, all: readonly LiveEntry[]): readonly Resting[] {
  const keys = new Set(entry.changes.map(change => objectKey(change.object)))
  return all
    .filter(other => other.id > entry.id && other.state !== 'rolled-back' && other.rollsBack === null)
    .flatMap((other): readonly Resting[] => {
      const {id, capability, stage} = other
      const shared = other.changes.map(change => change.object).filter(object => keys.has(objectKey(object)))
      if (shared.length > 0) return [{id, capability, stage, why: 'same-objects', objects: shared}]
      const rests =
        entry.capability !== null && (restsOn[capability ?? '']?.includes(entry.capability) ?? false)
      return rests && inSamePlace(entry, other)
        ? [{id, capability, stage, why: 'capability', objects: []}]
        : []
    })
}

/** A step that changes the mesh as a whole concerns every namespace. */
function inSamePlace(a: LiveEntry, b: LiveEntry): boolean {
  const places = (entry: LiveEntry): ReadonlySet<string> =>
    new Set(entry.changes.map(({object}) => (object.kind === 'Namespace' ? object.name : object.namespace)))
  const [mine, theirs] = [places(a), places(b)]
  return theirs.has('') || theirs.has('istio-system') || [...theirs].some(place => mine.has(place))
}
