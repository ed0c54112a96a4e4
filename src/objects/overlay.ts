import {objectKey} from './identity.ts'
import type {KubeObject} from './object.ts'

/**
 * The objects of `base` with those of `top` laid over them: an object of the same group, kind, namespace and name
 * replaces the one below in its place, the others follow in their own order. Of several alike in `top` the last counts.
 */
export function overlay(base: readonly KubeObject[], top: readonly KubeObject[]): KubeObject[] {
  const above = new Map(top.map(object => [objectKey(object.id), object]))
  const replaced = new Set<string>()
  const result: KubeObject[] = []
  for (const object of base) {
    const key = objectKey(object.id)
    if (replaced.has(key)) continue
    const over = above.get(key)
    if (over !== undefined) replaced.add(key)
    result.push(over ?? object)
  }
  for (const object of top) {
    const key = objectKey(object.id)
    if (above.get(key) === object && !replaced.has(key)) result.push(object)
  }
  return result
}
