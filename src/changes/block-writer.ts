import {isMap, isSeq} from 'yaml'
import type {Scalar} from 'yaml'
import type {Json} from '../objects/object.ts'
import type {Slot, Writer} from './edit-document.ts'
import {blockLines, entryLines, itemLines, itemParts, valueParts} from './emit-yaml.ts'
import type {Parts, Style, TextPlace} from './emit-yaml.ts'
import {columnOf, lineEnd, lineStart, nextLine} from './splice.ts'
import type {Splice} from './splice.ts'
import {isBlockScalar, isEmptyNode, keepsBlankEnd, textColumn} from './yaml-tree.ts'
import type {Entry, Item} from './yaml-tree.ts'

/** Writes into YAML's block layout: whole lines come and go, and values behind a key or dash. */
export class BlockWriter implements Writer {
  readonly #text: string
  readonly #splices: Splice[]
  readonly #style: Style
  readonly #eol: string

  constructor(text: string, splices: Splice[], style: Style) {
    this.#text = text
    this.#splices = splices
    this.#style = style
    this.#eol = text.includes('\r\n') ? '\r\n' : '\n'
  }

  replace(slot: Slot, value: Json): void {
    if (slot.kind === 'root' || slot.after === null) {
      const start = lineStart(this.#text, slot.start)
      const lines = blockLines(value, columnOf(this.#text, slot.start), this.#style)
      this.#note(start, this.#wholeEnd(slot), lines.join(this.#eol))
      return
    }
    const {head, body} = this.#partsFor(slot, value)
    const gap = slot.kind === 'item' ? ' '.repeat(this.#style.dashGap - 1) : ' '
    const comment = this.#commentOf(slot)
    const lines = [(head === '' ? '' : gap + head) + comment, ...body]
    this.#note(slot.after, this.#wholeEnd(slot), lines.join(this.#eol))
  }

  /** Text of several lines keeps the indentation of the text it replaces, so that only its changed lines differ. */
  #partsFor(slot: Slot, value: Json): Parts {
    const column = columnOf(this.#text, slot.start)
    const place = isBlockScalar(slot.node) ? this.#textPlace(slot.node, column) : undefined
    return slot.kind === 'item'
      ? itemParts(value, column, this.#style, place)
      : valueParts(value, column, this.#style, place)
  }

  #textPlace(scalar: Scalar, column: number): TextPlace {
    const indent = textColumn(this.#text, scalar)
    const keepsEnd = keepsBlankEnd(this.#text, scalar)
    return indent !== undefined && indent > column ? {indent, keepsEnd} : {keepsEnd}
  }

  /** The end of the line on which a value ends, for what is behind it there is its comment. */
  #wholeEnd({node, after, end}: Slot): number {
    return lineEnd(this.#text, isEmptyNode(node) ? Math.max(after ?? 0, end) : end)
  }

  /** The comment on the line of the key or dash stays; those inside a value that is written anew go with it. */
  #commentOf({node, valueStart, after, end}: Slot): string {
    const from = after ?? 0
    const below = !isEmptyNode(node) && this.#text.slice(from, valueStart).includes('\n')
    const first = below ? comment(this.#text.slice(from, lineEnd(this.#text, from))) : ''
    const collection = (isMap(node) || isSeq(node)) && node.flow !== true
    if (collection || isBlockScalar(node)) return first
    const last = Math.max(from, end)
    return first + comment(this.#text.slice(last, lineEnd(this.#text, last)))
  }

  canEditList(items: readonly Item[], removed: ReadonlySet<Item>): boolean {
    return items.every(item => !removed.has(item) || this.#ownsLine(item.start))
  }

  removeEntries(entries: readonly Entry[], removed: ReadonlySet<Entry>): void {
    const [first] = entries
    const rest = new Set(removed)
    if (first !== undefined && removed.has(first) && !this.#ownsLine(first.start)) {
      for (const done of this.#removeFirst(entries, removed)) rest.delete(done)
    }
    for (const entry of rest) this.#removeLines(entry)
  }

  /** The first entry stands behind a dash (`- name: x`): the next one that stays takes its place. */
  #removeFirst(entries: readonly Entry[], removed: ReadonlySet<Entry>): readonly Entry[] {
    const staying = entries.findIndex(entry => !removed.has(entry))
    const leading = entries.slice(0, staying)
    const [first] = leading
    const next = entries[staying]
    if (first === undefined || next === undefined) return []
    const gaps = leading.map((entry, index) => this.#text.slice(entry.end, entries[index + 1]?.start))
    if (gaps.every(gap => gap.trim() === '')) {
      this.#note(first.start, next.start, '')
      return leading
    }
    this.#note(first.start, first.end, '')
    return [first]
  }

  insertEntries(
    _open: number,
    entries: readonly Entry[],
    behind: Entry,
    added: readonly (readonly [string, Json])[],
  ): void {
    const indent = columnOf(this.#text, entries[0]?.start ?? 0)
    this.#insertBehind(
      behind.end,
      added.flatMap(([key, value]) => entryLines(key, value, indent, this.#style)),
    )
  }

  removeItems(_items: readonly Item[], removed: ReadonlySet<Item>): void {
    for (const item of removed) this.#removeLines(item)
  }

  insertItems(slot: Slot, items: readonly Item[], behind: Item | null, added: readonly Json[]): void {
    const indent = columnOf(this.#text, items[0]?.start ?? 0)
    const lines = added.flatMap(item => itemLines(item, indent, this.#style))
    this.#insertBehind(behind?.end ?? slot.after ?? slot.start, lines)
  }

  #insertBehind(end: number, lines: readonly string[]): void {
    const at = nextLine(this.#text, end)
    this.#note(at, at, lines.map(line => line + this.#eol).join(''))
  }

  #removeLines({start, end}: {readonly start: number; readonly end: number}): void {
    this.#note(lineStart(this.#text, start), nextLine(this.#text, end), '')
  }

  #ownsLine(offset: number): boolean {
    return this.#text.slice(lineStart(this.#text, offset), offset).trim() === ''
  }

  #note(start: number, end: number, text: string): void {
    this.#splices.push({start, end, text})
  }
}

function comment(tail: string): string {
  return /[ \t]+#.*$/.exec(tail)?.[0] ?? ''
}
