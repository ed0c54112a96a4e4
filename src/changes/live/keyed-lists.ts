import {isRecord} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {groupOf} from '../../objects/kinds.ts'

/**
 * Fields by which the API server tells the items of a list apart (`x-kubernetes-list-map-keys` of the built-in kinds).
 * Lists of other kinds, Istio's among them, are taken as one value.
 */
const candidates: readonly (readonly string[])[] = [
  ['name'],
  ['mountPath'],
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['topologyKey', 'whenUnsatisfiable'],
  ['ip'],
  ['type'],
]

/** The keys of a list, where every item has them and no two share them; null else. */
export function keysOf(items: readonly Json[]): readonly string[] | null {
  if (items.length === 0 || !items.every(isRecord)) return null
  // Ports of containers and of Services may be named too, but are told apart by number and protocol.
  const order = items.some(
    item => isRecord(item) && ('containerPort' in item || ('port' in item && 'protocol' in item)),
  )
    ? candidates.slice(2)
    : candidates
  return (
    order.find(
      keys =>
        items.every(item => keys.every(key => isRecord(item) && Object.hasOwn(item, key))) &&
        unique(items, keys),
    ) ?? null
  )
}

function unique(items: readonly JsonObject[], keys: readonly string[]): boolean {
  return new Set(items.map(item => keyStep(item, keys))).size === items.length
}

export function keyStep(item: JsonObject, keys: readonly string[]): string {
  return `k:${JSON.stringify(Object.fromEntries(keys.map(key => [key, item[key]])))}`
}

/** Whether lists of this kind are merged item by item at all. */
export function mergesLists(apiVersion: string): boolean {
  return ['', 'apps', 'batch'].includes(groupOf(apiVersion))
}
