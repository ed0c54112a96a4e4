import {at, isRecord, text} from '../objects/json.ts'
import type {KubeObject, ObjectId, Path} from '../objects/object.ts'
import {sha256} from '../objects/sha256.ts'

/** What makes a finding the same one tomorrow, in another file and on another line. */
export interface Essence {
  readonly rule: string
  readonly messageId: string
  readonly id: ObjectId | null
  /** Normalised, see `normalPath`. */
  readonly path: string
  readonly data: Readonly<Record<string, string | number>>
}

/**
 * Stable over moved files, shifted lines and reordered lists. The object counts by its API group, so that bumping
 * `v1beta1` to `v1` keeps the baseline.
 */
export function fingerprint({rule, messageId, id, path, data}: Essence): string {
  const object = id === null ? null : [id.cluster, groupOf(id.apiVersion), id.kind, id.namespace, id.name]
  const facts = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1))
  return sha256(JSON.stringify([rule, messageId, object, path, facts])).slice(0, 20)
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** A path in which list positions are replaced by the item's name, if it has one, so that inserting above changes nothing. */
export function normalPath(object: KubeObject, path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'string') return step
      const item = at(object.value, path.slice(0, index + 1))
      const name = isRecord(item) ? text(item['name']) : text(item)
      return name === undefined ? '[]' : `[${name}]`
    })
    .join('/')
}
