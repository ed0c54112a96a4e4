import {EVENT_ID, getScalarValue, SCALAR_STYLE} from 'js-yaml'
import type {Event} from 'js-yaml'
import type {Path} from './object.ts'
import {keyText, resolveScalar} from './scalars.ts'
import {plainPositions} from './plain-positions.ts'
import {offsetOf, parseDocument} from './yaml-events.ts'
import type {Parsed} from './yaml-events.ts'

/** Offsets into a document's text; the end is exclusive. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Index of the event that begins a node. */
type Node = number

type Children = ReadonlyMap<string | number, {readonly key: Node | null; readonly value: Node}>

/** The places of the values in one document. */
export interface Positions {
  /**
   * The range of the value at a path, or of the nearest ancestor that exists. A key without a value stands for it.
   * What a merge key or an alias brings in has its place where it is written.
   */
  at(path: Path, what?: 'value' | 'key'): Range
}

/** Throws js-yaml's YAMLException for a document that is broken. */
export function positionsIn(text: string): Positions {
  return plainPositions(text) ?? new EventPositions(text)
}

/** Built from js-yaml's events, a level at a time, when asked. */
export class EventPositions implements Positions {
  readonly #source: string
  readonly #events: readonly Event[]
  readonly #original: Parsed['original']
  readonly #children = new Map<Node, Children>()

  constructor(text: string) {
    const {source, events, original} = parseDocument(text)
    this.#source = source
    this.#events = events
    this.#original = original
  }

  at(path: Path, what: 'value' | 'key' = 'value'): Range {
    let found: {readonly key: Node | null; readonly value: Node} = {key: null, value: 1}
    for (const step of path) {
      const child = this.#childrenOf(this.#target(found.value)).get(step)
      if (child === undefined || (child.key === null && this.#isEmpty(child.value))) break
      found = child
    }
    const byKey = what === 'key' || this.#isEmpty(found.value)
    const {start, end} = this.#rangeOf(byKey ? (found.key ?? found.value) : found.value)
    return {start: this.#original(start), end: this.#original(end)}
  }

  #isEmpty(node: Node): boolean {
    const event = this.#events[node]
    return event?.type === EVENT_ID.SCALAR && event.valueStart === -1
  }

  /** What an alias stands for: the last anchor of its name before it. */
  #target(node: Node): Node {
    const event = this.#events[node]
    if (event?.type !== EVENT_ID.ALIAS) return node
    const name = this.#source.slice(event.anchorStart, event.anchorEnd)
    for (let index = node - 1; index > 0; index--) {
      const other = this.#events[index]
      if (
        other === undefined ||
        !('anchorStart' in other) ||
        other.type === EVENT_ID.ALIAS ||
        other.anchorStart === -1
      )
        continue
      if (this.#source.slice(other.anchorStart, other.anchorEnd) === name) return index
    }
    return node
  }

  #childrenOf(node: Node): Children {
    const known = this.#children.get(node)
    if (known !== undefined) return known
    const type = this.#events[node]?.type
    const children =
      type === EVENT_ID.SEQUENCE
        ? this.#itemsOf(node)
        : type === EVENT_ID.MAPPING
          ? this.#entriesOf(node)
          : new Map<never, never>()
    this.#children.set(node, children)
    return children
  }

  #itemsOf(node: Node): Children {
    const items = new Map<number, {key: null; value: Node}>()
    for (let item = node + 1; !this.#closes(item); item = this.#after(item))
      items.set(items.size, {key: null, value: item})
    return items
  }

  #entriesOf(node: Node): Children {
    const entries = new Map<string, {key: Node | null; value: Node}>()
    for (let key = node + 1; !this.#closes(key);) {
      const value = this.#after(key)
      const name = this.#keyOf(key)
      if (name === '<<' && this.#isPlain(key))
        for (const [merged, entry] of this.#merged(value)) entries.set(String(merged), entry)
      else if (name !== undefined) entries.set(name, {key, value})
      key = this.#after(value)
    }
    return entries
  }

  #merged(value: Node): Children {
    const target = this.#target(value)
    if (this.#events[target]?.type === EVENT_ID.MAPPING) return this.#childrenOf(target)
    const sources = [...this.#childrenOf(target).values()].reverse()
    return new Map(sources.flatMap(source => [...this.#childrenOf(this.#target(source.value))]))
  }

  #keyOf(node: Node): string | undefined {
    const event = this.#events[this.#target(node)]
    if (event?.type !== EVENT_ID.SCALAR) return undefined
    const text = getScalarValue(this.#source, event)
    return event.style === SCALAR_STYLE.PLAIN && event.tagStart === -1
      ? keyText(resolveScalar(text), text)
      : text
  }

  #isPlain(node: Node): boolean {
    const event = this.#events[node]
    return event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN
  }

  #closes(node: Node): boolean {
    const type = this.#events[node]?.type
    return type === undefined || type === EVENT_ID.POP
  }

  /** The event behind a node and all that is in it. */
  #after(node: Node): Node {
    let depth = 0
    for (let index = node; index < this.#events.length; index++) {
      const type = this.#events[index]?.type
      if (type === EVENT_ID.SEQUENCE || type === EVENT_ID.MAPPING) depth++
      else if (type === EVENT_ID.POP) depth--
      if (depth <= 0) return index + 1
    }
    return this.#events.length
  }

  #rangeOf(node: Node): Range {
    const event = this.#events[node]
    const start = offsetOf(event)
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#scalarRange(event.style, start, event.valueEnd)
      case EVENT_ID.ALIAS:
        return {start, end: event.anchorEnd}
      default:
        return {start, end: this.#collectionEnd(node, start)}
    }
  }

  #scalarRange(style: number, start: number, valueEnd: number): Range {
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED)
      return {start, end: valueEnd + 1}
    if (style !== SCALAR_STYLE.LITERAL_BLOCK && style !== SCALAR_STYLE.FOLDED_BLOCK)
      return {start, end: Math.max(start, valueEnd)}
    // The parser's range of a block scalar leaves out its header, `|` or `>-`, at the end of the line before.
    const line = this.#source.lastIndexOf('\n', start - 2) + 1
    const header = /(?:^|\s)[|>][-+0-9]*[ \t]*(?:#.*)?\r?\n?$/.exec(this.#source.slice(line, start))
    return {
      start: header === null ? start : line + header.index + (/^\s/.test(header[0]) ? 1 : 0),
      end: trimEnd(this.#source, valueEnd),
    }
  }

  #collectionEnd(node: Node, start: number): number {
    const children = [...this.#childrenOf(node).entries()]
    let end = start
    for (const [, {key, value}] of children) {
      if (key !== null) end = Math.max(end, this.#ownEnd(key, node))
      end = Math.max(end, this.#ownEnd(value, node))
    }
    const opening = this.#source[start]
    return opening === '{' || opening === '[' ? closingBracket(this.#source, Math.max(end, start + 1)) : end
  }

  /** The end of a child that is written inside its parent; one merged in from elsewhere doesn't count. */
  #ownEnd(child: Node, parent: Node): number {
    return child > parent && child < this.#after(parent) ? this.#rangeOf(child).end : 0
  }
}

function trimEnd(source: string, end: number): number {
  let at = end
  while (at > 0 && /\s/.test(source[at - 1] ?? '')) at--
  return at
}

/** The offset behind the bracket that closes a flow collection whose last child ends at `from`. */
function closingBracket(source: string, from: number): number {
  let at = from
  while (at < source.length) {
    const char = source[at]
    if (char === ']' || char === '}') return at + 1
    if (char === '#') at = source.indexOf('\n', at)
    if (at === -1) break
    at++
  }
  return source.length
}
