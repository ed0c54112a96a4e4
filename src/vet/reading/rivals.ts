import {ageKnown, oldestFirst} from '../../mesh/age.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import {objectKey} from '../../objects/identity.ts'
import type {KubeObject} from '../../objects/object.ts'
import {nameOf} from './names.ts'

/** An object that competes with others for one place of which only the oldest counts. */
export interface Rival {
  readonly object: KubeObject
  readonly others: readonly KubeObject[]
  /** What happens to it, for a message. */
  readonly fate: string
  readonly related: readonly Fact[]
}

/**
 * Objects of which only the oldest counts. Where ages are known those that lose are rivals; manifests carry no age, so
 * there each of them is, for any may be the one that is ignored. Copies of one object are the business of another rule.
 */
export function rivals(objects: readonly KubeObject[]): readonly Rival[] {
  const distinct = [...new Map(objects.map(object => [objectKey(object.id), object])).values()]
  if (distinct.length < 2) return []
  const sorted = oldestFirst(distinct)
  const known = ageKnown(sorted)
  const [winner] = sorted
  return sorted.flatMap((object): readonly Rival[] => {
    if (known && object === winner) return []
    const others = known && winner !== undefined ? [winner] : sorted.filter(one => one !== object)
    const fate = known
      ? 'is the older one, so this one is ignored'
      : 'competes with it: only the oldest of them counts'
    return [
      {
        object,
        others,
        fate,
        related: others.map(one => fact(`${one.id.kind} ${nameOf(one.id)}`, one, ['metadata', 'name'])),
      },
    ]
  })
}
