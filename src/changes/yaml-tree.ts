import {isMap, isPair, isScalar, isSeq, parseDocument, visit} from 'yaml'
import type {CST, Document, Node, Pair, Scalar, YAMLMap, YAMLSeq} from 'yaml'
import {keyText, resolveScalar} from '../objects/scalars.ts'
import {ownStyle} from './emit-yaml.ts'
import type {Style} from './emit-yaml.ts'
import {columnOf} from './splice.ts'

/** An entry of a map, with where it is written. */
export interface Entry {
  /** Null for a merge key (`<<`). */
  readonly key: string | null
  readonly value: Node | null
  /** Where the value starts, with the anchor or tag before it. */
  readonly valueStart: number
  /** Where the entry starts: its key, with the anchor or tag before it. */
  readonly start: number
  /** Behind its colon; null in a flow map that gives a key without one. */
  readonly colonEnd: number | null
  readonly end: number
}

/** An item of a list: `start` is its dash, or the item itself in a flow list. */
export interface Item {
  readonly value: Node | null
  readonly valueStart: number
  readonly start: number
  readonly end: number
}

/** Reads a text that Kubernetes' own parser can read; null where this parser sees it otherwise. */
export function parseTree(text: string): Document.Parsed | null {
  const document = parseDocument(text, {
    keepSourceTokens: true,
    uniqueKeys: false,
    version: '1.1',
    strict: false,
    logLevel: 'silent',
  })
  return document.errors.length > 0 ? null : document
}

export function hasAliases(document: Document): boolean {
  let found = false
  visit(document, {
    Alias: () => {
      found = true
      return visit.BREAK
    },
  })
  return found
}

/** The entries of a map; null where one is written in a way that is not edited piece by piece (`? key`, an alias as key). */
export function entriesOf(text: string, map: YAMLMap): readonly Entry[] | null {
  if (map.flow === true && text[startOf(map) ?? 0] !== '{') return null
  const entries = map.items.map(pair => entryOf(text, pair))
  return entries.every(entry => entry !== null) ? entries : null
}

function entryOf(text: string, pair: Pair): Entry | null {
  const token = (pair as {srcToken?: CST.CollectionItem}).srcToken
  const {key, value} = pair
  if (token === undefined || !isScalar(key) || key.tag !== undefined || key.range == null) return null
  const lead = token.start.find(
    ({type}) => type === 'explicit-key-ind' || type === 'anchor' || type === 'tag',
  )
  if (lead?.type === 'explicit-key-ind' || lead?.type === 'tag') return null
  const colon = token.sep?.find(({type}) => type === 'map-value-ind')
  const colonEnd = colon === undefined ? null : colon.offset + 1
  const plain = key.type === 'PLAIN'
  const name = plain ? keyText(resolveScalar(key.source ?? ''), key.source ?? '') : String(key.value)
  if (name === undefined) return null
  const node = value as Node | null
  const end = Math.max(colonEnd ?? 0, key.range[1], contentEnd(text, node))
  const valueStart = propertiesOf(token.sep) ?? startOf(node) ?? end
  return {
    key: plain && key.source === '<<' ? null : name,
    value: node,
    valueStart,
    start: lead?.offset ?? key.range[0],
    colonEnd,
    end,
  }
}

/** The items of a list; null where one is written in a way that is not edited piece by piece (`[a: b]`). */
export function itemsOf(text: string, seq: YAMLSeq): readonly Item[] | null {
  const nodes = seq.items as readonly unknown[]
  const flow = seq.flow === true
  const tokens =
    seq.srcToken?.type === 'flow-collection' || seq.srcToken?.type === 'block-seq' ? seq.srcToken.items : []
  const own = tokens.filter(({start, value}) => (flow ? value !== undefined : dashOf(start) !== undefined))
  if (own.length !== nodes.length || nodes.some(node => isPair(node))) return null
  return nodes.map((item, index) => {
    const node = item as Node | null
    const tokensBefore = own[index]?.start ?? []
    const valueStart = propertiesOf(tokensBefore) ?? startOf(node) ?? 0
    const start = flow ? valueStart : (dashOf(tokensBefore) ?? 0)
    return {value: node, valueStart, start, end: Math.max(flow ? start : start + 1, contentEnd(text, node))}
  })
}

function dashOf(tokens: readonly CST.SourceToken[]): number | undefined {
  return tokens.find(({type}) => type === 'seq-item-ind')?.offset
}

/** A node's range starts behind its anchor and tag; this is where they start. */
function propertiesOf(tokens: readonly CST.SourceToken[] | undefined): number | undefined {
  return tokens?.find(({type}) => type === 'anchor' || type === 'tag')?.offset
}

export function startOf(node: Node | null): number | undefined {
  return node?.range?.[0]
}

/** Whether nothing is written where the node stands: `key:` with no value. */
export function isEmptyNode(node: Node | null): boolean {
  return (
    node === null ||
    (isScalar(node) && node.type === 'PLAIN' && node.source === '' && node.range?.[0] === node.range?.[1])
  )
}

export function isBlockScalar(node: Node | null): node is Scalar {
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')
}

/** The column in which the text of a block scalar stands; undefined for an empty one. */
export function textColumn(text: string, scalar: Scalar): number | undefined {
  const [start, end] = scalar.range ?? [0, 0]
  return /\n( *)\S/.exec(text.slice(start, end))?.[1]?.length
}

/** Behind the last character of a node; blank lines belong only to a block scalar which keeps them (`|+`). */
export function contentEnd(text: string, node: Node | null): number {
  if (node === null || node.range == null || isEmptyNode(node)) return 0
  if (isBlockScalar(node)) return blockScalarEnd(text, node)
  if (isMap(node) && node.flow !== true) return lastEnd(text, entriesOf(text, node), node.range)
  if (isSeq(node) && node.flow !== true) return lastEnd(text, itemsOf(text, node), node.range)
  return node.range[1]
}

type NodeRange = readonly [number, number, number]

function lastEnd(text: string, parts: readonly {readonly end: number}[] | null, range: NodeRange): number {
  return parts?.at(-1)?.end ?? range[0] + text.slice(range[0], range[1]).trimEnd().length
}

/** Whether the blank lines behind a block scalar belong to it (`|+`). */
export function keepsBlankEnd(text: string, scalar: Scalar): boolean {
  return scalar.range != null && /^[|>][0-9]*\+/.test(text.slice(scalar.range[0], scalar.range[1]))
}

function blockScalarEnd(text: string, scalar: Scalar): number {
  const [start, end] = scalar.range ?? [0, 0]
  const source = text.slice(start, end)
  return start + (keepsBlankEnd(text, scalar) ? source.replace(/\r?\n$/, '') : source.trimEnd()).length
}

/** How a document is laid out, from the first place that shows it. */
export function styleOf(text: string, document: Document): Style {
  const seen: {step?: number; listOffset?: number; dashGap?: number} = {}
  visit(document, {
    Pair: (_, {key, value}) => {
      if (!isScalar(key) || key.range == null) return
      const column = columnOf(text, key.range[0])
      if (isMap(value) && value.flow !== true) seen.step ??= columnOf(text, startOf(value) ?? 0) - column
      if (isSeq(value) && value.flow !== true)
        seen.listOffset ??= columnOf(text, startOf(value) ?? 0) - column
    },
    Seq: (_, seq) => {
      const [first] = seq.flow === true ? [] : (itemsOf(text, seq) ?? [])
      if (first !== undefined && isMap(first.value) && first.value.flow !== true) {
        seen.dashGap ??= columnOf(text, startOf(first.value) ?? 0) - columnOf(text, first.start)
      }
    },
  })
  const {step = ownStyle.step, listOffset = ownStyle.listOffset, dashGap = ownStyle.dashGap} = seen
  return {step: Math.max(1, step), listOffset: Math.max(0, listOffset), dashGap: Math.max(2, dashGap)}
}
