import type {Json, JsonObject} from '../objects/object.ts'
import {equalJson} from './json-equality.ts'
import type {Entry} from './yaml-tree.ts'

/** What becomes of the entries of a map. */
export interface MapPlan {
  /** Entries whose value counts, to be looked into. */
  readonly kept: readonly {readonly entry: Entry; readonly name: string}[]
  readonly removed: ReadonlySet<Entry>
  /** New entries, each group behind an entry that stays. */
  readonly inserted: readonly {readonly behind: Entry; readonly added: readonly (readonly [string, Json])[]}[]
}

/** What merge keys bring into a map. */
export interface Merges {
  /** The fields from now on; `gone` where their source is, `unknown` where it is written in the map itself. */
  now(entry: Entry): JsonObject | 'gone' | 'unknown'
  /** Whether a field came from the merge key up to now. */
  brought(entry: Entry, key: string): boolean
}

/**
 * Which entries stay, go and come. What a merge key brings in is overridden in the map itself, so that others who merge
 * the same anchor keep it; where it brings a field that is to go, its other fields are written out instead.
 */
export function mapPlan(
  entries: readonly Entry[],
  before: JsonObject,
  after: JsonObject,
  merges: Merges,
): MapPlan {
  const keys = entries.filter(entry => entry.key === null)
  const inherited = inheritedBy(keys, entries, before, after, merges)
  const expand = inherited === null || [...inherited.keys()].some(key => !Object.hasOwn(after, key))
  const brought = expand ? new Map<string, Json>() : inherited
  const isBrought = (key: string): boolean => brought.has(key) && equalJson(brought.get(key), after[key])
  const last = new Map(entries.map(entry => [entry.key, entry]))
  const removed = new Set<Entry>(expand ? keys : [])
  const kept: {entry: Entry; name: string}[] = []
  const standing = new Set<string>()
  for (const [index, entry] of entries.entries()) {
    const name = entry.key
    if (name === null) continue
    // goyaml lets a merge key override what stands before it (src/objects/yaml.ts).
    const behind = entries.slice(index + 1).filter(later => later.key === null)
    const was = behind.some(merge => merges.brought(merge, name))
    const is = behind.length > 0 && brought.has(name)
    if (!Object.hasOwn(after, name) || ((was || is) && !isBrought(name))) removed.add(entry)
    else if (entry === last.get(name)) {
      standing.add(name)
      if (!was && !is) kept.push({entry, name})
    }
  }
  const isNew = (key: string): boolean => !standing.has(key) && !isBrought(key)
  return {kept, removed, inserted: placed(entries, removed, after, isNew, keys.length > 0)}
}

/** The fields that merge keys bring from now on; null where they have to be written out. */
function inheritedBy(
  keys: readonly Entry[],
  entries: readonly Entry[],
  before: JsonObject,
  after: JsonObject,
  merges: Merges,
): ReadonlyMap<string, Json> | null {
  const sources = keys.map(entry => merges.now(entry))
  if (sources.includes('gone')) return null
  if (!sources.includes('unknown')) return new Map(sources.flatMap(source => fieldsOf(source)))
  if (!equalJson(before, after)) return null
  const own = new Set(entries.map(entry => entry.key))
  return new Map(
    Object.entries(before).flatMap(([key, value]) => {
      const merged = !own.has(key) || keys.some(entry => merges.brought(entry, key))
      return merged ? [[key, value ?? null] as const] : []
    }),
  )
}

function fieldsOf(source: JsonObject | string): readonly (readonly [string, Json])[] {
  return typeof source === 'string'
    ? []
    : Object.entries(source).map(([key, value]) => [key, value ?? null] as const)
}

/** New entries follow the entry that comes before them in `after`; behind a merge key they come last, to override it. */
function placed(
  entries: readonly Entry[],
  removed: ReadonlySet<Entry>,
  after: JsonObject,
  isNew: (key: string) => boolean,
  merges: boolean,
): MapPlan['inserted'] {
  const staying = entries.filter(entry => !removed.has(entry))
  const last = staying.at(-1)
  if (last === undefined) return []
  const byKey = new Map(staying.map(entry => [entry.key, entry]))
  const groups = new Map<Entry, (readonly [string, Json])[]>()
  let behind: Entry | undefined
  for (const [key, value] of Object.entries(after)) {
    behind = byKey.get(key) ?? behind
    if (!isNew(key)) continue
    const place = merges ? last : (behind ?? last)
    groups.set(place, [...(groups.get(place) ?? []), [key, value ?? null]])
  }
  return [...groups].map(([place, added]) => ({behind: place, added}))
}
