import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {sha256} from '../objects/sha256.ts'

/** Whether two values are the same to the API server: the order of keys does not count, that of lists does. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b)
  return isRecord(a) && isRecord(b) && equalRecords(a, b)
}

function equalLists(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((item, index) => equalJson(item, b[index]))
}

function equalRecords(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && equalJson(a[key], b[key]))
}

/** The same for equal values, whatever the order of their keys. */
export function hashJson(value: Json): string {
  return `sha256:${sha256(canonical(value))}`
}

function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value ?? null)
  const fields = Object.keys(value)
    .sort()
    .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
  return `{${fields.join(',')}}`
}
