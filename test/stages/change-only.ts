import {changesOf} from '../../src/changes/change-set.ts'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import type {KubeObject, ObjectId} from '../../src/objects/object.ts'

/** The objects with a change set's values in place, the plainest way. */
export function changeOnly(objects: readonly KubeObject[], set: ChangeSet): readonly KubeObject[] {
  const byKey = new Map(objects.map(object => [keyOf(object.id), object]))
  for (const change of changesOf(set)) {
    const key = keyOf(change.id)
    if (change.action === 'delete') byKey.delete(key)
    else byKey.set(key, {id: change.id, value: change.after, source: byKey.get(key)?.source ?? null})
  }
  return [...byKey.values()]
}

function keyOf({kind, namespace, name}: ObjectId): string {
  return `${kind}/${namespace}/${name}`
}
