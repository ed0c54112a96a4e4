import {isRecord, list, record, records} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {equalJson} from '../json-equality.ts'
import {keysOf, keyStep} from './keyed-lists.ts'

/** Steps to a field in the notation of managedFields: `f:spec`, `k:{"name":"app"}`. */
export type FieldPath = readonly string[]

/** Some fields of an object; `whole` takes all that is below. */
export interface FieldSet {
  readonly whole: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const noFields: FieldSet = {whole: false, children: new Map()}

/**
 * Reads `fieldsV1` (sigs.k8s.io/structured-merge-diff fieldpath/serialize.go). An empty node is a leaf: a plain value,
 * or a list or map that is owned as one.
 */
export function readFieldSet(fields: JsonObject): FieldSet {
  const children = Object.entries(fields).filter(([step]) => step !== '.')
  return {
    whole: Object.keys(fields).length === 0,
    children: new Map(children.map(([step, child]) => [step, readFieldSet(record(child))])),
  }
}

export function fieldSetOf(paths: readonly FieldPath[]): FieldSet {
  return paths
    .map(path =>
      path.reduceRight<FieldSet>((below, step) => ({whole: false, children: new Map([[step, below]])}), {
        whole: true,
        children: new Map(),
      }),
    )
    .reduce(union, noFields)
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children)
  for (const [step, child] of b.children) {
    const mine = children.get(step)
    children.set(step, mine === undefined ? child : union(mine, child))
  }
  return {whole: a.whole || b.whole, children}
}

/** Just these fields of a value; undefined where it has none of them. */
export function extract(value: Json | undefined, fields: FieldSet): Json | undefined {
  if (value === undefined || fields.whole) return value
  if (isRecord(value)) return extractRecord(value, fields)
  return Array.isArray(value) ? extractItems(value as readonly Json[], fields) : value
}

function extractRecord(value: JsonObject, fields: FieldSet): JsonObject {
  const found = [...fields.children].flatMap(([step, child]): readonly (readonly [string, Json])[] => {
    const key = step.slice(2)
    const part = step.startsWith('f:') && Object.hasOwn(value, key) ? extract(value[key], child) : undefined
    const isHollow = isRecord(part) && Object.keys(part).length === 0 && !child.whole
    return part === undefined || isHollow ? [] : [[key, part]]
  })
  return Object.fromEntries(found)
}

function extractItems(items: readonly Json[], fields: FieldSet): readonly Json[] | undefined {
  const found = [...fields.children].flatMap(([step, child]): readonly Json[] => {
    const wanted = parsed(step.slice(2))
    if (step.startsWith('v:')) return items.filter(item => equalJson(item, wanted))
    if (!step.startsWith('k:') || !isRecord(wanted)) return []
    const item = records(items).find(one => hasKey(one, wanted))
    return item === undefined ? [] : [{...record(extract(item, child)), ...wanted}]
  })
  return found.length === 0 ? undefined : found
}

function hasKey(item: JsonObject, key: JsonObject): boolean {
  return Object.entries(key).every(([name, value]) => equalJson(item[name], value))
}

function parsed(json: string): Json {
  try {
    return JSON.parse(json) as Json
  } catch {
    return null
  }
}

/** The value at a field path, or undefined. */
export function valueAt(value: Json | undefined, path: FieldPath): Json | undefined {
  const [step, ...rest] = path
  if (step === undefined || value === undefined) return value
  if (step.startsWith('f:')) {
    const key = step.slice(2)
    return isRecord(value) && Object.hasOwn(value, key) ? valueAt(value[key], rest) : undefined
  }
  const wanted = parsed(step.slice(2))
  const item = list(value).find(one =>
    isRecord(one) && isRecord(wanted) ? hasKey(one, wanted) : equalJson(one, wanted),
  )
  return valueAt(item, rest)
}

/** `spec.template.spec.containers[name="app"].image`, labels with dots in brackets. */
export function formatFieldPath(path: FieldPath): string {
  return path.reduce((done, step) => {
    const rest = step.slice(2)
    if (step.startsWith('k:'))
      return `${done}[${Object.entries(record(parsed(rest)))
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`
    if (!step.startsWith('f:')) return `${done}[${rest}]`
    if (!/^[A-Za-z_][\w-]*$/.test(rest)) return `${done}[${JSON.stringify(rest)}]`
    return done === '' ? rest : `${done}.${rest}`
  }, '')
}

/**
 * The path that the API server names in a conflict: `.metadata.labels.app.kubernetes.io/name`. Its dots do not tell
 * where a key ends, so the object decides: the longest key that is there.
 */
export function parseServerPath(path: string, value: Json | undefined): FieldPath {
  if (path === '') return []
  if (path.startsWith('[')) return parseItem(path, value)
  const rest = path.replace(/^\./, '')
  const keys = Object.keys(isRecord(value) ? value : {}).filter(
    key => rest === key || rest.startsWith(`${key}.`) || rest.startsWith(`${key}[`),
  )
  const key = keys.sort((a, b) => b.length - a.length)[0] ?? /^[^.[]+/.exec(rest)?.[0] ?? rest
  return [`f:${key}`, ...parseServerPath(rest.slice(key.length), record(value)[key])]
}

function parseItem(path: string, value: Json | undefined): FieldPath {
  const items = records(value)
  const item = items.find(one => path.startsWith(`[${serverKey(one, items)}]`))
  const end = item === undefined ? path.indexOf(']') + 1 : serverKey(item, items).length + 2
  const step = item === undefined ? `i:${path.slice(1, end - 1)}` : keyStep(item, keysOf(items) ?? [])
  return [step, ...(end <= 0 ? [] : parseServerPath(path.slice(end), item))]
}

function serverKey(item: JsonObject, items: readonly JsonObject[]): string {
  return (keysOf(items) ?? []).map(key => `${key}=${JSON.stringify(item[key])}`).join(',')
}
