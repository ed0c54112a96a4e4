import {isRecord} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import type {Slot, Writer} from './edit-document.ts'
import {flowText} from './emit-yaml.ts'
import {scalarText} from './scalar-text.ts'
import {lineStart} from './splice.ts'
import type {Splice} from './splice.ts'
import {isEmptyNode} from './yaml-tree.ts'
import type {Entry, Item} from './yaml-tree.ts'

interface Part {
  readonly start: number
  readonly end: number
}

/** Writes inside `{…}` and `[…]`, and all of a JSON file: entries come and go with their commas. */
export class FlowWriter implements Writer {
  readonly #text: string
  readonly #splices: Splice[]
  readonly #json: boolean
  readonly #eol: string
  /** The indentation of one level of a JSON file; empty for one on a single line. */
  readonly #unit: string

  constructor(text: string, splices: Splice[], json: boolean) {
    this.#text = text
    this.#splices = splices
    this.#json = json
    this.#eol = text.includes('\r\n') ? '\r\n' : '\n'
    this.#unit = json ? (/\n([ \t]+)\S/.exec(text)?.[1] ?? '') : ''
  }

  replace(slot: Slot, value: Json): void {
    const {node, valueStart, after, end} = slot
    const written = this.#written(value, slot.start, this.#isSpread(slot.start))
    if (after === null) this.#note(end, end, `: ${written}`)
    else if (isEmptyNode(node))
      this.#note(after, Math.max(after, end), slot.kind === 'item' ? written : ` ${written}`)
    else this.#note(valueStart, end, written)
  }

  canEditList(): boolean {
    return true
  }

  removeEntries(entries: readonly Entry[], removed: ReadonlySet<Entry>): void {
    this.#remove(entries, removed)
  }

  insertEntries(
    open: number,
    entries: readonly Entry[],
    behind: Entry,
    added: readonly (readonly [string, Json])[],
  ): void {
    const spread = this.#spreads(open, entries)
    const context = this.#json ? 'json' : 'flow'
    const texts = added.map(
      ([key, value]) =>
        `${scalarText(key, context)}:${this.#colonGap(entries)}${this.#written(value, behind.start, spread)}`,
    )
    this.#insertBehind(behind, texts, spread)
  }

  removeItems(items: readonly Item[], removed: ReadonlySet<Item>): void {
    this.#remove(items, removed)
  }

  insertItems(slot: Slot, items: readonly Item[], behind: Item | null, added: readonly Json[]): void {
    const [first] = items
    if (first === undefined) return
    const spread = this.#spreads(slot.valueStart, items)
    const texts = added.map(value => this.#written(value, first.start, spread))
    if (behind !== null) this.#insertBehind(behind, texts, spread)
    else
      this.#note(first.start, first.start, texts.map(text => text + this.#separator(first, spread)).join(''))
  }

  #insertBehind(behind: Part, texts: readonly string[], spread: boolean): void {
    this.#note(behind.end, behind.end, texts.map(text => this.#separator(behind, spread) + text).join(''))
  }

  #separator(sibling: Part, spread: boolean): string {
    if (spread) return `,${this.#eol}${this.#indentAt(sibling.start)}`
    return this.#isMinified() ? ',' : ', '
  }

  #colonGap(entries: readonly Entry[]): string {
    const [first] = entries
    const tight = this.#json && first?.colonEnd != null && /\S/.test(this.#text[first.colonEnd] ?? '')
    return tight ? '' : ' '
  }

  #isMinified(): boolean {
    return this.#json && !/[,:]\s/.test(this.#text)
  }

  /** Whether the parts of a collection stand on lines of their own. */
  #spreads(open: number, parts: readonly Part[]): boolean {
    return this.#text.slice(open, parts[0]?.start).includes('\n')
  }

  /** Whether an entry or item begins its line, so that what is written there may take several. */
  #isSpread(start: number): boolean {
    return this.#text.slice(lineStart(this.#text, start), start).trim() === ''
  }

  #indentAt(offset: number): string {
    return /^[ \t]*/.exec(this.#text.slice(lineStart(this.#text, offset), offset))?.[0] ?? ''
  }

  #written(value: Json, sibling: number, spread: boolean): string {
    const collection = Array.isArray(value) || isRecord(value)
    if (this.#json && this.#isMinified()) return JSON.stringify(value)
    if (!this.#json || !spread || !collection || this.#unit === '')
      return flowText(value, this.#json ? 'json' : 'flow')
    return JSON.stringify(value, null, this.#unit).replaceAll('\n', this.#eol + this.#indentAt(sibling))
  }

  /** Takes out each run of parts with the commas that belong to it; at least one part stays. */
  #remove<P extends Part>(parts: readonly P[], removed: ReadonlySet<P>): void {
    for (let index = 0; index < parts.length; index++) {
      const first = parts[index]
      if (first === undefined || !removed.has(first)) continue
      const from = index
      while (index + 1 < parts.length && removed.has(parts[index + 1] as P)) index++
      const next = parts[index + 1]
      const last = parts[index] ?? first
      const before = parts[from - 1]
      if (next !== undefined) this.#note(first.start, next.start, '')
      else if (before !== undefined) this.#note(before.end, last.end, '')
    }
  }

  #note(start: number, end: number, text: string): void {
    this.#splices.push({start, end, text})
  }
}
