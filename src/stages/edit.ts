import {at, isRecord} from '../objects/json.ts'
import type {Json, JsonObject, Path} from '../objects/object.ts'

/**
 * A copy of an object with a value at a path; records on the way that are missing (or are of another type) are made,
 * a list is only ever extended by one item. Nothing else is touched, so that a diff shows only what was meant.
 */
export function withValue(object: JsonObject, path: Path, value: Json): JsonObject {
  const next = place(object, path, value)
  return isRecord(next) ? next : object
}

function place(current: Json | undefined, path: Path, value: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') {
    const items = Array.isArray(current) ? [...(current as readonly Json[])] : []
    const index = Math.min(step, items.length)
    items[index] = place(items[index], rest, value)
    return items
  }
  const fields = isRecord(current) ? current : {}
  const own = Object.hasOwn(fields, step) ? fields[step] : undefined
  return {...fields, [step]: place(own, rest, value)}
}

/** A copy without the field at a path; the same object where there is none. A record that becomes empty goes too. */
export function without(object: JsonObject, path: Path): JsonObject {
  const field = path.at(-1)
  const parentPath = path.slice(0, -1)
  const parent = at(object, parentPath)
  if (typeof field !== 'string' || !isRecord(parent) || !Object.hasOwn(parent, field)) return object
  const rest = Object.fromEntries(Object.entries(parent).filter(([key]) => key !== field))
  if (parentPath.length === 0) return rest
  return Object.keys(rest).length === 0 ? without(object, parentPath) : withValue(object, parentPath, rest)
}
