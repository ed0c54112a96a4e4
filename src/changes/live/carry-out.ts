import {record} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {ApiError} from '../../cluster/api.ts'
import type {WriteOptions} from '../../cluster/write.ts'
import {applyFields, createObject, deleteObject, fieldManager, replaceObject} from '../../cluster/write.ts'
import {hashJson} from '../json-equality.ts'
import type {Conflict} from './conflicts.ts'
import {conflictsOf, isFieldConflict} from './conflicts.ts'
import type {LiveChange} from './entry.ts'
import {holds} from './field-patch.ts'
import {valueAt} from './field-set.ts'
import type {Live} from './live.ts'
import {resourceOf} from './live.ts'
import {withoutServerFields, withServerFields} from './server-fields.ts'
import {planReplacement, planUpdate} from './update-plan.ts'
import type {Update, UpdatePlan} from './update-plan.ts'

export interface HowToWrite {
  readonly dryRun: boolean
  readonly forceConflicts: boolean
  /** A rollback puts back what was there whole, and who owned it. */
  readonly restore: boolean
}

/**
 * - done: the object as the server gave it back, null where it is gone
 * - stale: the object was written to in the meantime; look again
 * - conflicts: others own fields that the change wants
 */
export type Outcome =
  | {readonly kind: 'done'; readonly object: JsonObject | null}
  | {readonly kind: 'stale'}
  | {readonly kind: 'conflicts'; readonly conflicts: readonly Conflict[]}

/** Makes one change to an object that stands as before it; other refusals of the server are thrown as they are. */
export async function carryOut(
  live: Live,
  change: LiveChange & {readonly after: JsonObject | null},
  current: JsonObject | null,
  how: HowToWrite,
): Promise<Outcome> {
  try {
    if (change.action === 'delete') return await remove(live, change, current, how)
    if (change.after === null)
      throw new Error(
        `the ledger does not hold what ${change.object.kind} ${change.object.name} was to become`,
      )
    if (current === null) return await make(live, change, change.after, how)
    if (how.restore) return await restore(live, change, {current, after: change.after}, how)
    return await update(
      live,
      {id: change.object, before: change.before ?? current, after: change.after, live: current},
      how,
    )
  } catch (error) {
    if (isStale(error)) return {kind: 'stale'}
    throw error
  }
}

/** Gone, made or written by somebody else between looking and writing; a uid in an apply is checked like a field. */
function isStale(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error.status === 409) return !isFieldConflict(error)
  const causes = error.details['causes']
  return (
    error.status === 422 &&
    Array.isArray(causes) &&
    causes.some(cause => record(cause as Json)['field'] === 'metadata.uid')
  )
}

async function remove(
  live: Live,
  {object}: LiveChange,
  current: JsonObject | null,
  how: HowToWrite,
): Promise<Outcome> {
  if (current !== null) await deleteObject(live.api, resourceOf(live, object), current, {dryRun: how.dryRun})
  return {kind: 'done', object: null}
}

async function make(live: Live, {object}: LiveChange, after: JsonObject, how: HowToWrite): Promise<Outcome> {
  const resource = resourceOf(live, object)
  const made = await createObject(live.api, resource, withoutServerFields(after), {dryRun: how.dryRun})
  if (!how.restore || how.dryRun) return {kind: 'done', object: made}
  return {kind: 'done', object: await giveBack(live, resource, made, after)}
}

/**
 * PUT is the only way to a state that was there before, whoever owned it. It makes meshctl the owner of what differs;
 * a second PUT that changes nothing but managedFields is taken as it is (apimachinery managedfields/fieldmanager.go
 * decodes them from the update), so that every owner has again what was theirs.
 */
async function restore(
  live: Live,
  {object}: LiveChange,
  {current, after}: {readonly current: JsonObject; readonly after: JsonObject},
  how: HowToWrite,
): Promise<Outcome> {
  const resource = resourceOf(live, object)
  const back = await replaceObject(live.api, resource, withServerFields(after, current), {dryRun: how.dryRun})
  if (how.dryRun) return {kind: 'done', object: back}
  return {kind: 'done', object: await giveBack(live, resource, back, after)}
}

async function giveBack(
  live: Live,
  resource: ReturnType<typeof resourceOf>,
  current: JsonObject,
  image: JsonObject,
): Promise<JsonObject> {
  const managedFields = record(image['metadata'])['managedFields']
  if (
    managedFields === undefined ||
    hashJson(managedFields) === hashJson(record(current['metadata'])['managedFields'] ?? null)
  )
    return current
  const owned = {...current, metadata: {...record(current['metadata']), managedFields}}
  // Where somebody writes to it at this very moment, what is in the object matters more than who owns it.
  return replaceObject(live.api, resource, owned).catch((error: unknown) => {
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) return current
    throw error
  })
}

async function update(live: Live, wanted: Update, how: HowToWrite): Promise<Outcome> {
  const plan = planUpdate(wanted)
  if (plan.how === 'replace') return replace(live, wanted, plan, how)
  // From a list that the server merges item by item an apply takes no items away: what it makes of it is seen by trying.
  if (!how.dryRun && setsList(plan) && !(await appliesWhole(live, wanted, plan, how)))
    return replace(live, wanted, planReplacement(wanted), how)
  const applied = await apply(live, wanted, plan, how)
  if (how.dryRun && applied.kind === 'done' && !holds(plan.patch, plan.target, applied.object ?? {}))
    return replace(live, wanted, planReplacement(wanted), how)
  return applied
}

function setsList({patch, target}: UpdatePlan): boolean {
  return patch.set.some(path => Array.isArray(valueAt(target, path)))
}

async function appliesWhole(live: Live, wanted: Update, plan: UpdatePlan, how: HowToWrite): Promise<boolean> {
  const tried = await apply(live, wanted, plan, {...how, dryRun: true})
  return tried.kind !== 'done' || holds(plan.patch, plan.target, tried.object ?? {})
}

async function apply(live: Live, wanted: Update, plan: UpdatePlan, how: HowToWrite): Promise<Outcome> {
  const resource = resourceOf(live, wanted.id)
  const send = async (force: boolean): Promise<Outcome> => ({
    kind: 'done',
    object: await applyFields(live.api, resource, plan.body, options(how, force)),
  })
  try {
    return await send(how.forceConflicts)
  } catch (error) {
    if (!isFieldConflict(error)) throw error
    const conflicts = conflictsOf(error, wanted.id, wanted.live, plan.target)
    // What meshctl created or replaced it owns by another operation than what it applied: the server tells them apart.
    return conflicts.every(({owner}) => owner === fieldManager) ? send(true) : {kind: 'conflicts', conflicts}
  }
}

async function replace(live: Live, wanted: Update, plan: UpdatePlan, how: HowToWrite): Promise<Outcome> {
  if (plan.conflicts.length > 0 && !how.forceConflicts) return {kind: 'conflicts', conflicts: plan.conflicts}
  return {
    kind: 'done',
    object: await replaceObject(live.api, resourceOf(live, wanted.id), plan.body, {dryRun: how.dryRun}),
  }
}

function options({dryRun}: HowToWrite, force: boolean): WriteOptions {
  return {dryRun, force}
}
