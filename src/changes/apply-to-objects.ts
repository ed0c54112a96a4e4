import {objectKey} from '../objects/identity.ts'
import type {KubeObject} from '../objects/object.ts'
import type {Change, ChangeSet, Phase} from './change-set.ts'

/** The objects as they would be after a change set: nothing is written, so that what-if can ask. */
export function applyToObjects(objects: readonly KubeObject[], set: ChangeSet): KubeObject[] {
  return applyChanges(
    objects,
    set.phases.flatMap(phase => phase.changes),
  )
}

/** The objects as they would be after one phase. */
export function applyPhase(objects: readonly KubeObject[], phase: Phase): KubeObject[] {
  return applyChanges(objects, phase.changes)
}

/** Changed objects keep their place; new ones come last. */
function applyChanges(objects: readonly KubeObject[], changes: readonly Change[]): KubeObject[] {
  const result = new Map<string, KubeObject>()
  for (const object of objects) result.set(uniqueKey(result, object), object)
  for (const change of changes) {
    const key = objectKey(change.id)
    if (change.action === 'delete') result.delete(key)
    else
      result.set(key, {
        id: change.id,
        value: change.after,
        source: result.get(key)?.source ?? sourceOf(change),
      })
  }
  return [...result.values()]
}

/** Of two objects of one name both stay, for that is what rules want to see; changes go to the first. */
function uniqueKey(known: ReadonlyMap<string, KubeObject>, object: KubeObject): string {
  const key = objectKey(object.id)
  return known.has(key) ? `${key} ${known.size}` : key
}

/** Positions are those of the object before: the place where it is going to be changed. */
function sourceOf(change: Change): KubeObject['source'] {
  return change.action === 'create' ? null : change.before.source
}
