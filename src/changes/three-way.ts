import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject, Path} from '../objects/object.ts'
import {equalJson} from './json-equality.ts'

export interface Merged {
  /** Undefined where the value is gone. */
  readonly value: Json | undefined
  /** Where both sides changed the same thing, differently. */
  readonly conflicts: readonly Path[]
}

/** What `mine` made of `base`, done to `theirs`. */
export function threeWay(
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  path: Path = [],
): Merged {
  if (equalJson(mine, theirs) || equalJson(base, theirs)) return {value: mine, conflicts: []}
  if (equalJson(base, mine)) return {value: theirs, conflicts: []}
  if (isRecord(mine) && isRecord(theirs)) return mergeRecords(isRecord(base) ? base : {}, mine, theirs, path)
  return {value: mine, conflicts: [path]}
}

function mergeRecords(base: JsonObject, mine: JsonObject, theirs: JsonObject, path: Path): Merged {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])]
  const merged = keys.map(key => ({
    key,
    ...threeWay(own(base, key), own(mine, key), own(theirs, key), [...path, key]),
  }))
  const fields = merged.flatMap(({key, value}) => (value === undefined ? [] : [[key, value] as const]))
  return {value: Object.fromEntries(fields), conflicts: merged.flatMap(({conflicts}) => conflicts)}
}

function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}
