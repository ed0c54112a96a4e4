import {describe, objectKey} from '../../objects/identity.ts'
import type {ChangeSet} from '../change-set.ts'
import type {LiveChange, LiveEntry} from './entry.ts'
import type {Live} from './live.ts'
import {getObject} from './live.ts'
import type {Place} from './place.ts'
import {placeOf} from './place.ts'
import type {LiveObjects, RollbackPlan} from './rollback.ts'
import {planRollback} from './rollback.ts'

/** Where one change of a step that was cut short stands. */
export interface Standing {
  readonly change: LiveChange
  readonly place: Place
}

/** What can be done with a step that was cut short. */
export interface Resume {
  /** By what is really there, not by what was last written down. */
  readonly standing: readonly Standing[]
  /** What is still to be made; null where it can't be: others changed an object, or a Secret's value is not known any more. */
  readonly remaining: ChangeSet | null
  /** Why not. */
  readonly obstacles: readonly string[]
  readonly wayBack: RollbackPlan
}

/** Looks at every object of a step. */
export async function liveObjectsOf(live: Live, entry: LiveEntry): Promise<LiveObjects> {
  const ids = new Map(entry.changes.map(({object}) => [objectKey(object), object]))
  return new Map(
    await Promise.all([...ids].map(async ([key, id]) => [key, await getObject(live, id)] as const)),
  )
}

/** The two ways out of a step that was cut short: what remains of it, and the way back. */
export function planResume(entry: LiveEntry, live: LiveObjects): Resume {
  const standing = entry.changes.map(change => ({change, place: placeIn(entry, change, live)}))
  const open = standing.filter(({change, place}) => place === 'before' && change.done === null)
  const obstacles = standing.flatMap(({change, place}) => obstacle(change, place))
  return {
    standing,
    remaining:
      obstacles.length > 0
        ? null
        : {
            phases: phasesOf(
              entry,
              open.map(({change}) => change),
            ),
            notes: [],
          },
    obstacles,
    wayBack: planRollback(entry, live),
  }
}

/** An object that is changed more than once stands before its later changes while an earlier one is still to come. */
function placeIn(entry: LiveEntry, change: LiveChange, live: LiveObjects): Place {
  const key = objectKey(change.object)
  const now = live.get(key) ?? null
  const place = placeOf(change, now)
  if (place !== 'neither') return place
  const others = entry.changes.filter(one => one !== change && objectKey(one.object) === key)
  const later = others.some(
    one => entry.changes.indexOf(one) > entry.changes.indexOf(change) && placeOf(one, now) !== 'neither',
  )
  const earlier = others.some(
    one => entry.changes.indexOf(one) < entry.changes.indexOf(change) && placeOf(one, now) === 'before',
  )
  return later ? 'after' : earlier ? 'before' : 'neither'
}

function obstacle({action, object, after, done}: LiveChange, place: Place): readonly string[] {
  if (done !== null) return []
  if (place === 'neither')
    return [`${describe(object)} is neither as it was nor as this step makes it: somebody else changed it`]
  if (place === 'before' && after === null && action !== 'delete')
    return [`what ${describe(object)} was to become is not in the ledger, since it is a Secret`]
  return []
}

function phasesOf(entry: LiveEntry, changes: readonly LiveChange[]): ChangeSet['phases'] {
  const phases = entry.phases.map((title, index) => ({
    title,
    changes: changes.filter(change => change.phase === index).flatMap(changeOf),
  }))
  return phases.filter(phase => phase.changes.length > 0)
}

function changeOf({
  action,
  object: id,
  before,
  after,
  reason,
}: LiveChange): ChangeSet['phases'][number]['changes'] {
  if (action === 'create') return after === null ? [] : [{action, id, after, reason}]
  if (before === null) return []
  const was = {id, value: before, source: null}
  if (action === 'delete') return [{action, id, before: was, reason}]
  return after === null ? [] : [{action, id, before: was, after, reason}]
}
