import {isAlias, isMap, isSeq} from 'yaml'
import type {Document, Node, YAMLMap, YAMLSeq} from 'yaml'
import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {align} from './align.ts'
import {BlockWriter} from './block-writer.ts'
import {FlowWriter} from './flow-writer.ts'
import {equalJson} from './json-equality.ts'
import {mapPlan} from './map-plan.ts'
import type {Merges} from './map-plan.ts'
import type {Splice} from './splice.ts'
import {contentEnd, entriesOf, hasAliases, itemsOf, parseTree, startOf, styleOf} from './yaml-tree.ts'
import type {Entry, Item} from './yaml-tree.ts'

/** Where a value stands. */
export interface Slot {
  readonly kind: 'root' | 'value' | 'item'
  readonly node: Node | null
  /** Start of the value, with the anchor or tag before it. */
  readonly valueStart: number
  /** Start of the entry or item; of a block's, its column is the indentation of what belongs to it. */
  readonly start: number
  /** Behind the colon or dash; null in a flow map's key without a colon. */
  readonly after: number | null
  readonly end: number
  /** Whether it stands inside `{…}` or `[…]`. */
  readonly flow: boolean
}

/** What both ways of writing can do; a writer only notes splices. */
export interface Writer {
  replace(slot: Slot, value: Json): void
  /** False where the entries' layout doesn't allow it piece by piece; nothing is noted then. */
  canEditList(items: readonly Item[], removed: ReadonlySet<Item>): boolean
  removeEntries(entries: readonly Entry[], removed: ReadonlySet<Entry>): void
  insertEntries(
    open: number,
    entries: readonly Entry[],
    behind: Entry,
    added: readonly (readonly [string, Json])[],
  ): void
  removeItems(items: readonly Item[], removed: ReadonlySet<Item>): void
  /** `behind` is null for a place before all items that stay. */
  insertItems(slot: Slot, items: readonly Item[], behind: Item | null, added: readonly Json[]): void
}

/** One edit of a document under way. */
interface Work {
  readonly text: string
  readonly document: Document.Parsed
  readonly aliases: boolean
  /** Anchored nodes that stay, with their value from now on: what an alias behind them will stand for. */
  readonly anchored: Map<Node, Json>
  /** What merge keys brought up to now. */
  readonly brought: Map<Entry, ReadonlySet<string> | null>
  readonly block: Writer
  readonly flow: Writer
}

/**
 * The smallest splices that turn a document's value `before` into `after`: only nodes whose value differs are written
 * anew, so comments and layout of everything else stay. Null where the text can't be edited piece by piece.
 */
export function editDocument(
  text: string,
  before: Json,
  after: Json,
  json: boolean,
): readonly Splice[] | null {
  const document = parseTree(text)
  const root = document?.contents
  if (document === null || root == null) return null
  const splices: Splice[] = []
  const style = styleOf(text, document)
  const flow = new FlowWriter(text, splices, json)
  const block = new BlockWriter(text, splices, style)
  const work: Work = {
    text,
    document,
    aliases: hasAliases(document),
    anchored: new Map(),
    brought: new Map(),
    block,
    flow,
  }
  const start = root.range[0]
  visitValue(
    work,
    {
      kind: 'root',
      node: root,
      valueStart: start,
      start,
      after: start,
      end: contentEnd(text, root),
      flow: json,
    },
    before,
    after,
  )
  return splices
}

function visitValue(work: Work, slot: Slot, before: Json, after: Json): void {
  const {node} = slot
  if (isAlias(node)) {
    const target = node.resolve(work.document)
    if (target === undefined || !work.anchored.has(target) || !equalJson(work.anchored.get(target), after))
      replace(work, slot, after)
    return
  }
  if (!work.aliases && equalJson(before, after)) return
  if (!editInside(work, slot, before, after)) replace(work, slot, after)
  else if (node !== null && node.anchor !== undefined) work.anchored.set(node, after)
}

function replace(work: Work, slot: Slot, value: Json): void {
  const writer = slot.flow ? work.flow : work.block
  writer.replace(slot, value)
}

/** False, with nothing noted, where the value has to be written anew as a whole. */
function editInside(work: Work, slot: Slot, before: Json, after: Json): boolean {
  const {node} = slot
  if (isMap(node) && isRecord(before) && isRecord(after)) return editMap(work, node, before, after)
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
    return editList(work, slot, node, before as readonly Json[], after as readonly Json[])
  }
  return equalJson(before, after)
}

function editMap(work: Work, map: YAMLMap, before: JsonObject, after: JsonObject): boolean {
  const entries = entriesOf(work.text, map)
  if (entries === null) return equalJson(before, after)
  const plan = mapPlan(entries, before, after, mergesOf(work))
  if (plan.removed.size === entries.length) return entries.length === 0 && equalJson(before, after)
  const flow = map.flow === true
  const writer = flow ? work.flow : work.block
  for (const {entry, name} of plan.kept) {
    const slot: Slot = {
      kind: 'value',
      node: entry.value,
      valueStart: entry.valueStart,
      start: entry.start,
      after: entry.colonEnd,
      end: entry.end,
      flow,
    }
    visitValue(work, slot, before[name] ?? null, after[name] ?? null)
  }
  writer.removeEntries(entries, plan.removed)
  for (const {behind, added} of plan.inserted) writer.insertEntries(startOf(map) ?? 0, entries, behind, added)
  return true
}

function mergesOf(work: Work): Merges {
  return {
    now: entry => mergedBy(work, entry),
    brought: (entry, key) => keysBrought(work, entry)?.has(key) ?? true,
  }
}

function mergeSources({value}: Entry): readonly (Node | null)[] {
  return isSeq(value) ? (value.items as readonly Node[]) : [value]
}

function mergedBy(work: Work, entry: Entry): ReturnType<Merges['now']> {
  const fields: (readonly [string, Json])[] = []
  for (const source of mergeSources(entry).toReversed()) {
    if (!isAlias(source)) return 'unknown'
    const target = source.resolve(work.document)
    const value = target === undefined ? undefined : work.anchored.get(target)
    if (!isRecord(value)) return 'gone'
    for (const [key, item] of Object.entries(value)) fields.push([key, item ?? null])
  }
  return Object.fromEntries(fields)
}

/** The keys that a merge key brought up to now; null where that can't be told. */
function keysBrought(work: Work, entry: Entry): ReadonlySet<string> | null {
  const known = work.brought.get(entry)
  if (known !== undefined) return known
  const keys = mergeSources(entry).flatMap(source =>
    keysIn(work, isAlias(source) ? source.resolve(work.document) : source),
  )
  const result = keys.includes(null) ? null : new Set(keys.filter(key => key !== null))
  work.brought.set(entry, result)
  return result
}

function keysIn(work: Work, node: Node | null | undefined): readonly (string | null)[] {
  const entries = isMap(node) ? entriesOf(work.text, node) : null
  if (entries === null) return [null]
  return entries.flatMap(entry =>
    entry.key === null ? [...(keysBrought(work, entry) ?? [null])] : [entry.key],
  )
}

function editList(
  work: Work,
  slot: Slot,
  seq: YAMLSeq,
  before: readonly Json[],
  after: readonly Json[],
): boolean {
  const items = itemsOf(work.text, seq)
  if (items === null || items.length !== before.length) return equalJson(before, after)
  const steps = align(before, after)
  const kept = steps.filter(step => step.kind === 'keep')
  if (kept.length === 0) return before.length === 0 && after.length === 0
  const flow = seq.flow === true
  const writer = flow ? work.flow : work.block
  const removed = new Set(steps.flatMap(step => (step.kind === 'remove' ? (items[step.from] ?? []) : [])))
  const leading = steps.find(step => step.kind !== 'remove')?.kind === 'insert'
  if (!writer.canEditList(items, removed) || (leading && !flow && startsOnLineOf(work.text, slot, seq)))
    return false
  for (const {from, to} of kept) {
    const item = items[from]
    if (item === undefined) continue
    const {value, valueStart, start, end} = item
    const place: Slot = {
      kind: 'item',
      node: value,
      valueStart,
      start,
      after: flow ? start : start + 1,
      end,
      flow,
    }
    visitValue(work, place, before[from] ?? null, after[to] ?? null)
  }
  writer.removeItems(items, removed)
  let behind: Item | null = null
  let added: Json[] = []
  const flush = (): void => {
    if (added.length > 0) writer.insertItems(slot, items, behind, added)
    added = []
  }
  for (const step of steps) {
    if (step.kind === 'insert') added.push(after[step.to] ?? null)
    if (step.kind !== 'keep') continue
    flush()
    behind = items[step.from] ?? null
  }
  flush()
  return true
}

function startsOnLineOf(text: string, slot: Slot, seq: YAMLSeq): boolean {
  return !text.slice(slot.after ?? slot.start, seq.range?.[0]).includes('\n')
}
