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

/**
 * Which entries stay, go and come. What a merge key brings in is overridden in the map itself, so that others who merge
 * the same anchor keep it; where it brings a field that is to go, its other fields are written out instead.
 */
export function mapPlan(entries: readonly Entry[], before: JsonObject, after: JsonObject, mergedBy: (entry: Entry) => JsonObject | undefined): MapPlan {
  const merges = entries.filter(entry => entry.key === null)
  const inherited = inheritedBy(merges, entries, before, after, mergedBy)
  const expand = inherited === null || [...inherited.keys()].some(key => !Object.hasOwn(after, key))
  const brought = expand ? new Map<string, Json>() : inherited
  const lastMerge = expand ? -1 : entries.findLastIndex(entry => entry.key === null)
  const effective = new Map(entries.flatMap((entry, index) => (entry.key === null ? [] : [[entry.key, {entry, index}] as const])))
  const removed = new Set<Entry>(expand ? merges : [])
  const kept: {entry: Entry; name: string}[] = []
  const standing = new Set<string>()
  for (const entry of entries) {
    if (entry.key === null) continue
    const wanted = Object.hasOwn(after, entry.key)
    const last = effective.get(entry.key)
    // goyaml lets a merge key override what stands before it (src/objects/yaml.ts).
    const overridden = brought.has(entry.key) && (last?.index ?? 0) < lastMerge
    if (!wanted || (overridden && !equalJson(brought.get(entry.key), after[entry.key]))) removed.add(entry)
    else if (entry === last?.entry) {
      standing.add(entry.key)
      if (!overridden) kept.push({entry, name: entry.key})
    }
  }
  const isNew = (key: string): boolean => !standing.has(key) && !(brought.has(key) && equalJson(brought.get(key), after[key]))
  return {kept, removed, inserted: placed(entries, removed, after, isNew, merges.length > 0)}
}

function inheritedBy(
  merges: readonly Entry[],
  entries: readonly Entry[],
  before: JsonObject,
  after: JsonObject,
  mergedBy: (entry: Entry) => JsonObject | undefined,
): ReadonlyMap<string, Json> | null {
  const sources = merges.map(mergedBy)
  if (sources.every(source => source !== undefined)) return new Map(sources.flatMap(source => Object.entries(source).map(([key, value]) => [key, value ?? null] as const)))
  if (!equalJson(before, after)) return null
  const own = new Set(entries.map(entry => entry.key))
  return new Map(Object.entries(before).flatMap(([key, value]) => (own.has(key) ? [] : [[key, value ?? null] as const])))
}

/** New entries follow the entry that comes before them in `after`; behind a merge key they come last, to override it. */
function placed(entries: readonly Entry[], removed: ReadonlySet<Entry>, after: JsonObject, isNew: (key: string) => boolean, merges: boolean): MapPlan['inserted'] {
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
