import type {Json, JsonObject} from './object.ts'
import {keyText, resolveScalar} from './scalars.ts'

type Mutable = Record<string, Json>

/** Where the reader stands: at the first character of a line's content, whose column is `indent`; -1 at the end. */
interface Cursor {
  readonly text: string
  readonly spots: Spots | null
  at: number
  indent: number
  depth: number
  /** Where the value that was read last begins and ends; `start` is -1 where nothing was written for it. */
  start: number
  end: number
}

/** Offsets of a value and its key, ends exclusive; -1 where there is none. */
export interface Spot {
  readonly keyStart: number
  readonly keyEnd: number
  readonly start: number
  readonly end: number
}

/** The spots of a document: of the whole, and by key or index in each of its mappings and sequences. */
export interface Spots {
  whole: Spot | null
  readonly within: Map<Json, Map<string | number, Spot>>
}

/** Thrown, and caught by `readPlainYaml`, where a document is written in another way than is read here. */
const notPlain = new Error('not plain YAML')

/** As deep as anybody writes by hand; js-yaml says what is wrong with what is deeper. */
const maxDepth = 60

/**
 * The value of a document written as nearly every manifest is: block mappings and sequences, flow collections, plain
 * and quoted scalars of one line, literal blocks. Undefined for all else (anchors, tags, merge keys, folded text, keys
 * that stand twice, mistakes), and for a document of comments only: js-yaml reads those, and says what is wrong where.
 *
 * It is here for speed alone (a tenth of the time of `meshctl vet`), and gives no value that js-yaml would not give: its
 * tests hold the two against each other.
 *
 * `spots` is filled with the places of all values.
 */
export function readPlainYaml(
  text: string,
  spots: Spots | null = null,
): JsonObject | readonly Json[] | undefined {
  if (foreign.test(text)) return undefined
  const cursor: Cursor = {text, spots, at: 0, indent: 0, depth: 0, start: -1, end: -1}
  try {
    toContent(cursor)
    if (cursor.indent === -1) return undefined
    const value = readBlock(cursor)
    if (cursor.indent !== -1) return undefined
    if (spots !== null) spots.whole = {keyStart: -1, keyEnd: -1, start: cursor.start, end: cursor.end}
    return value
  } catch (error) {
    if (error === notPlain) return undefined
    throw error
  }
}

/** Tabs, carriage returns, characters that are none or that some YAML takes for line breaks; directives and markers. */
const foreign = /[^\n -~\u00a1-\u1fff\u2030-\ud7ff]|^(?:%|---|\.\.\.)/

// --- lines -----------------------------------------------------------------------------------

/** From the start of a line to the content of the next that has some. */
function toContent(cursor: Cursor): void {
  const {text} = cursor
  let start = cursor.at
  for (;;) {
    let at = start
    while (text.charCodeAt(at) === space) at++
    const code = text.charCodeAt(at)
    if (code !== newline && code !== hash) {
      cursor.at = at
      cursor.indent = at < text.length ? at - start : -1
      return
    }
    start = text.indexOf('\n', at) + 1
    if (start === 0) {
      cursor.at = text.length
      cursor.indent = -1
      return
    }
  }
}

/** From behind a value to the next content: only a comment may stand between. */
function endLine(cursor: Cursor): void {
  const {text} = cursor
  let at = cursor.at
  while (text.charCodeAt(at) === space) at++
  const code = text.charCodeAt(at)
  if (at < text.length && code !== newline && (code !== hash || at === cursor.at)) throw notPlain
  const end = text.indexOf('\n', at)
  cursor.at = end === -1 ? text.length : end + 1
  toContent(cursor)
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

/** A blank or the end of the line: what makes `:` and `-` structure. */
function isBlank(code: number): boolean {
  return code === space || code === newline || Number.isNaN(code)
}

// --- blocks ----------------------------------------------------------------------------------

function readBlock(cursor: Cursor): JsonObject | readonly Json[] {
  return isItem(cursor) ? readSequence(cursor, cursor.indent) : readMapping(cursor, cursor.indent)
}

function isItem({text, at}: Cursor): boolean {
  return text.charCodeAt(at) === dash && isBlank(text.charCodeAt(at + 1))
}

function readMapping(cursor: Cursor, indent: number): JsonObject {
  if (++cursor.depth > maxDepth) throw notPlain
  const value: Mutable = {}
  const start = cursor.at
  let end = start
  do {
    const keyStart = cursor.at
    const key = readKey(cursor)
    const keyEnd = cursor.at - 1
    if (key === '__proto__' || Object.hasOwn(value, key)) throw notPlain
    value[key] = readValue(cursor, indent, true)
    if (cursor.indent > indent) throw notPlain
    end = cursor.start === -1 ? keyEnd : cursor.end
    note(cursor, value, key, keyStart, keyEnd)
  } while (cursor.indent === indent && !isItem(cursor))
  cursor.depth--
  return ending(cursor, value, start, end)
}

function readSequence(cursor: Cursor, indent: number): readonly Json[] {
  if (++cursor.depth > maxDepth) throw notPlain
  const items: Json[] = []
  const start = cursor.at
  let end = start
  do {
    cursor.at++
    items.push(readItem(cursor, indent))
    if (cursor.indent > indent) throw notPlain
    if (cursor.start !== -1) end = cursor.end
    note(cursor, items, items.length - 1)
  } while (cursor.indent === indent && isItem(cursor))
  cursor.depth--
  return ending(cursor, items, start, end)
}

function ending<Value>(cursor: Cursor, value: Value, start: number, end: number): Value {
  cursor.start = start
  cursor.end = end
  return value
}

/** Where the value that was read last stands in the mapping or sequence that it is of. */
function note(
  {spots, start, end}: Cursor,
  parent: Json,
  step: string | number,
  keyStart = -1,
  keyEnd = -1,
): void {
  if (spots === null) return
  const known = spots.within.get(parent)
  const spot = {keyStart, keyEnd, start, end}
  if (known === undefined) spots.within.set(parent, new Map([[step, spot]]))
  else known.set(step, spot)
}

/** What stands behind a dash: a mapping or a sequence may begin on its line, indented as far as it stands. */
function readItem(cursor: Cursor, indent: number): Json {
  const {text} = cursor
  const dashAt = cursor.at - 1
  let at = cursor.at
  while (text.charCodeAt(at) === space) at++
  const column = indent + at - dashAt
  const before = cursor.at
  cursor.at = at
  if (isItem(cursor)) return readSequence(cursor, column)
  if (keyEnd(text, at) !== -1) return readMapping(cursor, column)
  cursor.at = before
  return readValue(cursor, indent, false)
}

/** What stands behind the colon of a key or a dash, of a block that is indented so far. */
function readValue(cursor: Cursor, indent: number, ofKey: boolean): Json {
  const {text} = cursor
  let at = cursor.at
  while (text.charCodeAt(at) === space) at++
  const code = text.charCodeAt(at)
  if (isBlank(code) || (code === hash && at > cursor.at)) {
    endLine(cursor)
    if (cursor.indent > indent) return readBlock(cursor)
    if (ofKey && cursor.indent === indent && isItem(cursor)) return readSequence(cursor, indent)
    return ending(cursor, null, -1, -1)
  }
  cursor.at = at
  if (code === pipe) return readLiteral(cursor, indent)
  const value = readInline(cursor, code)
  endLine(cursor)
  return value
}

function readInline(cursor: Cursor, code: number): Json {
  if (code === quote || code === doubleQuote) return readQuoted(cursor)
  if (code === bracket || code === brace) return readFlow(cursor)
  return readPlain(cursor)
}

// --- scalars ---------------------------------------------------------------------------------

/** Up to the end of the line or a comment. */
function readPlain(cursor: Cursor): Json {
  const {text, at} = cursor
  if (!startsPlain(text, at)) throw notPlain
  // Looked for in the line, since looking to the end of a long document at each value takes time squared.
  const line = text.slice(at, lineEnd(text, at))
  const comment = line.indexOf(' #')
  let length = comment === -1 ? line.length : comment
  while (line.charCodeAt(length - 1) === space) length--
  const written = line.slice(0, length)
  if (written.includes(': ') || written.endsWith(':')) throw notPlain
  cursor.at = at + length
  return ending(cursor, scalar(written), at, cursor.at)
}

function scalar(text: string): Json {
  const value = resolveScalar(text)
  if (typeof value === 'number' && !Number.isFinite(value)) throw notPlain
  return value
}

/** Letters, digits and the few signs that never mean anything; a dash before one of them or another dash. */
function startsPlain(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code !== dash) return starters[code] === true
  const next = text.charCodeAt(at + 1)
  return next === dash || starters[next] === true
}

const starters: (boolean | undefined)[] = []
for (const letter of '/._$(+~') starters[letter.charCodeAt(0)] = true
for (let code = 0; code < 26; code++) starters[code + 65] = starters[code + 97] = true
for (let code = 48; code < 58; code++) starters[code] = true

/** Of one line and without escapes. */
function readQuoted(cursor: Cursor): string {
  const {text, at} = cursor
  const end = quoteEnd(text, at)
  if (end === -1) throw notPlain
  cursor.at = end + 1
  return ending(cursor, text.slice(at + 1, end), at, end + 1)
}

function quoteEnd(text: string, at: number): number {
  const mark = text.charCodeAt(at)
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === mark) return text.charCodeAt(end + 1) === mark ? -1 : end
    if (code === newline || (code === backslash && mark === doubleQuote)) return -1
  }
  return -1
}

/** `|` or `|-`, its lines indented further than the block in which it stands. */
function readLiteral(cursor: Cursor, indent: number): string {
  const {text} = cursor
  const header = cursor.at
  const strip = text.charCodeAt(cursor.at + 1) === dash
  let last = header
  let start = lineEnd(text, cursor.at) + 1
  if (start - cursor.at !== (strip ? 3 : 2) || start > text.length) throw notPlain
  const lines: string[] = []
  let own = -1
  let ended = false
  while (start < text.length) {
    let at = start
    while (text.charCodeAt(at) === space) at++
    const end = lineEnd(text, at)
    if (at === end) {
      if (at > start) throw notPlain
      lines.push('')
    } else {
      if (own === -1) own = at - start
      if (at - start < own || own <= indent) break
      lines.push(text.slice(start + own, end))
      last = end
    }
    ended = end < text.length
    start = end + 1
  }
  cursor.at = Math.min(start, text.length)
  toContent(cursor)
  if (own <= indent || lines.every(line => line === '')) throw notPlain
  while (lines.at(-1) === '') lines.pop()
  while (text.charCodeAt(last - 1) === space) last--
  return ending(cursor, lines.join('\n') + (strip || !ended ? '' : '\n'), header, last)
}

// --- keys ------------------------------------------------------------------------------------

function readKey(cursor: Cursor, inFlow = false): string {
  const {text, at} = cursor
  const end = keyEnd(text, at, inFlow)
  if (end === -1) throw notPlain
  cursor.at = end + 1
  return keyOf(text, at, end)
}

/** The text of a key that ends before its colon. */
function keyOf(text: string, at: number, end: number): string {
  const code = text.charCodeAt(at)
  if (code === quote || code === doubleQuote) return text.slice(at + 1, end - 1)
  const source = text.slice(at, end)
  const key = keyText(scalar(source), source)
  if (key === undefined) throw notPlain
  return key
}

/** The colon behind a key that stands here, or -1; a plain one is a single word. */
function keyEnd(text: string, at: number, inFlow = false): number {
  const code = text.charCodeAt(at)
  if (code === quote || code === doubleQuote) {
    const end = quoteEnd(text, at)
    return end !== -1 && text.charCodeAt(end + 1) === colonCode && isBlank(text.charCodeAt(end + 2))
      ? end + 1
      : -1
  }
  if (!startsPlain(text, at)) return -1
  for (let end = at + 1; end < text.length && end - at < maxKey; end++) {
    const next = text.charCodeAt(end)
    if (next === colonCode && isBlank(text.charCodeAt(end + 1))) return end
    if (next === space || next === newline || (inFlow && flowSigns[next] === true)) return -1
  }
  return -1
}

/** libyaml takes no longer one without a question mark. */
const maxKey = 1000

// --- flow collections ------------------------------------------------------------------------

/** They may go on over lines, indented anyhow, as libyaml has it. */
function readFlow(cursor: Cursor): Json {
  const {text} = cursor
  const code = text.charCodeAt(cursor.at)
  if (code === quote || code === doubleQuote) return readQuoted(cursor)
  if (code !== bracket && code !== brace) return readFlowPlain(cursor)
  if (++cursor.depth > maxDepth) throw notPlain
  const start = cursor.at++
  const value = code === bracket ? readFlowSequence(cursor) : readFlowMapping(cursor)
  cursor.depth--
  return ending(cursor, value, start, cursor.at)
}

function readFlowSequence(cursor: Cursor): readonly Json[] {
  const items: Json[] = []
  while (!closesFlow(cursor, closingBracket)) {
    items.push(readFlow(cursor))
    note(cursor, items, items.length - 1)
    endFlowEntry(cursor, closingBracket)
  }
  return items
}

function readFlowMapping(cursor: Cursor): JsonObject {
  const value: Mutable = {}
  while (!closesFlow(cursor, closingBrace)) {
    const keyStart = cursor.at
    const key = readKey(cursor, true)
    const keyEnd = cursor.at - 1
    if (key === '__proto__' || Object.hasOwn(value, key)) throw notPlain
    skipFlowSpace(cursor)
    value[key] = readFlow(cursor)
    note(cursor, value, key, keyStart, keyEnd)
    endFlowEntry(cursor, closingBrace)
  }
  return value
}

/** Up to the comma or bracket behind it. A colon may be part of it, but not where it could end a key. */
function readFlowPlain(cursor: Cursor): Json {
  const {text, at} = cursor
  if (!startsPlain(text, at)) throw notPlain
  let end = at
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end)
    if (code === comma || code === closingBracket || code === closingBrace || code === newline) break
    const next = text.charCodeAt(end + 1)
    if (code === bracket || code === brace || (code === space && next === hash)) throw notPlain
    if (code === colonCode && (isBlank(next) || flowSigns[next] === true)) throw notPlain
  }
  cursor.at = end
  while (text.charCodeAt(end - 1) === space) end--
  return ending(cursor, scalar(text.slice(at, end)), at, end)
}

function closesFlow(cursor: Cursor, closing: number): boolean {
  skipFlowSpace(cursor)
  if (cursor.text.charCodeAt(cursor.at) !== closing) return false
  cursor.at++
  return true
}

/** A comma, or the closing bracket, which is left to be found again. */
function endFlowEntry(cursor: Cursor, closing: number): void {
  skipFlowSpace(cursor)
  const code = cursor.text.charCodeAt(cursor.at)
  if (code === comma) cursor.at++
  else if (code !== closing) throw notPlain
}

function skipFlowSpace(cursor: Cursor): void {
  const {text} = cursor
  let code = text.charCodeAt(cursor.at)
  while (code === space || code === newline) code = text.charCodeAt(++cursor.at)
}

const space = 0x20
const newline = 0x0a
const hash = 0x23
const dash = 0x2d
const colonCode = 0x3a
const pipe = 0x7c
const comma = 0x2c
const quote = 0x27
const doubleQuote = 0x22
const backslash = 0x5c
const bracket = 0x5b
const closingBracket = 0x5d
const brace = 0x7b
const closingBrace = 0x7d

const flowSigns: (boolean | undefined)[] = []
for (const code of [comma, bracket, closingBracket, brace, closingBrace]) flowSigns[code] = true
