import {text, record} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'

/** metadata.creationTimestamp in milliseconds, or null offline, where manifests carry none. */
export function createdAt(object: KubeObject): number | null {
  const stamp = text(record(object.value['metadata'])['creationTimestamp'])
  const time = stamp === undefined ? Number.NaN : Date.parse(stamp)
  return Number.isNaN(time) ? null : time
}

/**
 * Oldest first; ties by name, then namespace (istio pilot/pkg/model/config.go sortConfigByCreationTime). Objects
 * without a timestamp count as youngest: what is about to be created is younger than what runs.
 */
export function oldestFirst(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...objects].sort(
    (a, b) => ageOf(a) - ageOf(b) || compare(a.id.name, b.id.name) || compare(a.id.namespace, b.id.namespace),
  )
}

/** Whether the order of these objects is known: at most one of them lacks its age. */
export function ageKnown(objects: readonly KubeObject[]): boolean {
  return objects.filter(object => createdAt(object) === null).length <= 1
}

function ageOf(object: KubeObject): number {
  return createdAt(object) ?? Number.MAX_SAFE_INTEGER
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
