import type {Change} from '../../changes/change-set.ts'
import {objectKey} from '../../objects/identity.ts'
import type {KubeObject} from '../../objects/object.ts'

/** The objects once these changes have arrived, for asking the mesh that they would make. */
export function objectsAfter(
  objects: readonly KubeObject[],
  changes: readonly Change[],
): readonly KubeObject[] {
  const changed = new Map(changes.map(change => [objectKey(change.id), change]))
  const kept = objects.flatMap(object => {
    const change = changed.get(objectKey(object.id))
    if (change === undefined) return [object]
    changed.delete(objectKey(object.id))
    return change.action === 'delete' ? [] : [{...object, value: change.after}]
  })
  const made = [...changed.values()].flatMap(change =>
    change.action === 'delete' ? [] : [{id: change.id, value: change.after, source: null}],
  )
  return [...kept, ...made]
}
