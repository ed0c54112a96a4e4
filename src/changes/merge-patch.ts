import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {equalJson} from './json-equality.ts'

/**
 * Lists of built-in kinds that a strategic merge patch merges item by item, and by what it tells the items apart
 * (`x-kubernetes-patch-merge-key` of Kubernetes' API). All other lists, those of Istio's kinds among them, it replaces.
 */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  ports: ['containerPort', 'port'],
}

const directive = '$patch'

/** The strategic merge patch that makes `after` of `before`; `byItem` is for kinds whose lists are merged. */
export function mergePatch(before: JsonObject, after: JsonObject, byItem: boolean): JsonObject {
  const fields = keysOf(before, after).flatMap((key): readonly (readonly [string, Json])[] => {
    const [was, is] = [own(before, key), own(after, key)]
    if (equalJson(was, is)) return []
    if (is === undefined) return [[key, null]]
    if (isRecord(was) && isRecord(is)) return [[key, mergePatch(was, is, byItem)]]
    const items = byItem ? patchItems(key, was, is) : null
    return [[key, items ?? is]]
  })
  return Object.fromEntries(fields)
}

function patchItems(key: string, before: Json | undefined, after: Json): readonly Json[] | null {
  const name = Array.isArray(before) && Array.isArray(after) ? mergeKey(key, before, after) : null
  if (name === null) return null
  const [was, is] = [before as readonly JsonObject[], after as readonly JsonObject[]]
  const changed = is.flatMap((item): readonly Json[] => {
    const old = itemOf(was, name, item)
    if (old === undefined) return [item]
    return equalJson(old, item) ? [] : [{[name]: item[name], ...mergePatch(old, item, true)}]
  })
  const gone = was.filter(item => itemOf(is, name, item) === undefined)
  return [...changed, ...gone.map((item): Json => ({[name]: item[name] ?? null, [directive]: 'delete'}))]
}

/** One patch that does what two do, one after the other. */
export function joinPatches(earlier: JsonObject, later: JsonObject): JsonObject {
  const fields = keysOf(earlier, later).flatMap((key): readonly (readonly [string, Json])[] => {
    const [first, second] = [own(earlier, key), own(later, key)]
    if (second === undefined) return first === undefined ? [] : [[key, first]]
    if (isRecord(first) && isRecord(second)) return [[key, joinPatches(first, second)]]
    // What was taken away or replaced whole is made anew, and nothing of the old is to come back with it.
    if (first !== undefined && isRecord(second)) return [[key, {[directive]: 'replace', ...second}]]
    return [[key, joinItems(key, first, second) ?? second]]
  })
  return Object.fromEntries(fields)
}

function joinItems(key: string, earlier: Json | undefined, later: Json): readonly Json[] | null {
  const name = Array.isArray(earlier) && Array.isArray(later) ? mergeKey(key, earlier, later) : null
  if (name === null) return null
  const [first, second] = [earlier as readonly JsonObject[], later as readonly JsonObject[]]
  const joined = first.map(item => {
    const other = itemOf(second, name, item)
    if (other === undefined) return item
    return directive in item || directive in other ? other : joinPatches(item, other)
  })
  return [...joined, ...second.filter(item => itemOf(first, name, item) === undefined)]
}

/** What is left of a patch without that part of it which another one is; what was changed there since stays. */
export function withoutPatch(whole: JsonObject, part: JsonObject): JsonObject {
  const fields = Object.entries(whole).flatMap(([key, value]): readonly (readonly [string, Json])[] => {
    const taken = own(part, key)
    if (value === undefined || equalJson(value, taken)) return []
    if (isRecord(value) && isRecord(taken)) return kept(key, withoutPatch(value, taken))
    const items = taken === undefined ? null : withoutItems(key, value, taken)
    return [[key, items ?? value]]
  })
  return Object.fromEntries(fields)
}

function kept(key: string, value: JsonObject): readonly (readonly [string, Json])[] {
  return Object.keys(value).length === 0 ? [] : [[key, value]]
}

function withoutItems(key: string, whole: Json, part: Json): readonly Json[] | null {
  const name = Array.isArray(whole) && Array.isArray(part) ? mergeKey(key, whole, part) : null
  if (name === null) return null
  return (whole as readonly JsonObject[]).flatMap((item): readonly Json[] => {
    const taken = itemOf(part as readonly JsonObject[], name, item)
    if (taken === undefined) return [item]
    const {[name]: _same, ...rest} = taken
    const left = withoutPatch(item, rest)
    return Object.keys(left).length <= 1 ? [] : [left]
  })
}

function mergeKey(key: string, ...lists: readonly unknown[]): string | null {
  const items = (lists as readonly (readonly Json[])[]).flat()
  const names = Object.hasOwn(mergeKeys, key) ? (mergeKeys[key] ?? []) : []
  return names.find(name => items.every(item => isRecord(item) && Object.hasOwn(item, name))) ?? null
}

function itemOf(items: readonly JsonObject[], name: string, like: JsonObject): JsonObject | undefined {
  return items.find(item => equalJson(item[name], like[name]))
}

function keysOf(...records: readonly JsonObject[]): readonly string[] {
  return [...new Set(records.flatMap(one => Object.keys(one)))]
}

function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
