import {isRecord} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {scalarText} from './scalar-text.ts'

/** How a file is laid out, in columns. */
export interface Style {
  /** From a key to the keys below it. */
  readonly step: number
  /** From a key to the dashes of the list below it. */
  readonly listOffset: number
  /** From a dash to what stands behind it. */
  readonly dashGap: number
}

export const ownStyle: Style = {step: 2, listOffset: 2, dashGap: 2}

/** A value behind `key:` or `-`: what stands on that line, and the lines below it. */
export interface Parts {
  readonly head: string
  readonly body: readonly string[]
}

/** A literal block that a text replaces: the column of its lines, and whether it keeps the blank ones at its end (`|+`). */
export interface TextPlace {
  readonly indent?: number
  readonly keepsEnd: boolean
}

/** An object as YAML, its fields in the order in which people write them. */
export function toYaml(value: JsonObject): string {
  return `${blockLines(inOrder(value), 0, ownStyle).join('\n')}\n`
}

const objectOrder = ['apiVersion', 'kind', 'metadata', 'spec']
const metadataOrder = ['name', 'namespace', 'labels', 'annotations']

function inOrder(value: JsonObject): JsonObject {
  const fields = sortedFields(value, objectOrder).map(
    ([key, item]) =>
      [
        key,
        key === 'metadata' && isRecord(item) ? Object.fromEntries(sortedFields(item, metadataOrder)) : item,
      ] as const,
  )
  return Object.fromEntries(fields)
}

function sortedFields(
  value: JsonObject,
  first: readonly string[],
): readonly (readonly [string, Json | undefined])[] {
  const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length)
  return Object.entries(value).sort(([a], [b]) => rank(a) - rank(b))
}

/** A map or list as lines, each with its indentation; anything else as one line. */
export function blockLines(value: Json, indent: number, style: Style): readonly string[] {
  const space = ' '.repeat(indent)
  if (isFilledList(value)) return value.flatMap(item => itemLines(item, indent, style))
  if (isFilledRecord(value))
    return Object.entries(value).flatMap(([key, item]) => entryLines(key, item ?? null, indent, style))
  return [space + flowText(value)]
}

export function entryLines(key: string, value: Json, indent: number, style: Style): readonly string[] {
  const {head, body} = valueParts(value, indent, style)
  return [`${' '.repeat(indent)}${scalarText(key, 'flow')}:${head === '' ? '' : ` ${head}`}`, ...body]
}

export function itemLines(value: Json, indent: number, style: Style): readonly string[] {
  const {head, body} = itemParts(value, indent, style)
  return [`${' '.repeat(indent)}${`-`.padEnd(style.dashGap)}${head}`, ...body]
}

/** The parts of the value of a key that stands at `indent`. */
export function valueParts(value: Json, indent: number, style: Style, place?: TextPlace): Parts {
  if (isFilledList(value)) return {head: '', body: blockLines(value, indent + style.listOffset, style)}
  if (isFilledRecord(value)) return {head: '', body: blockLines(value, indent + style.step, style)}
  return literalParts(value, indent + style.step, place) ?? {head: flowText(value, 'block'), body: []}
}

/** The parts of an item whose dash stands at `indent`. */
export function itemParts(value: Json, indent: number, style: Style, place?: TextPlace): Parts {
  if (isFilledList(value) || isFilledRecord(value)) {
    const [first = '', ...body] = blockLines(value, indent + style.dashGap, style)
    return {head: first.trimStart(), body}
  }
  return literalParts(value, indent + style.dashGap, place) ?? {head: flowText(value, 'block'), body: []}
}

/**
 * Text of several lines as a literal block, where that is surely read back as it is. One that ends in blank lines is not,
 * unless it takes the place of another: such a block also takes in the blank lines that stand behind it in the file.
 */
function literalParts(value: Json, ownIndent: number, place?: TextPlace): Parts | null {
  const indent = place?.indent ?? ownIndent
  const keepsEnd = typeof value === 'string' && value.endsWith('\n\n')
  if (
    typeof value !== 'string' ||
    !/^[^\s#-][\x20-\x7e\n\t\u00a0-\u2027\u202a-\ud7ff]*$/.test(value) ||
    !value.includes('\n') ||
    (keepsEnd && place?.keepsEnd !== true)
  )
    return null
  const lines = value.split('\n')
  if (lines.some(line => line !== '' && line.trim() === '')) return null
  const ending = keepsEnd ? '+' : value.endsWith('\n') ? '' : '-'
  const body = (ending === '-' ? lines : lines.slice(0, -1)).map(line =>
    line === '' ? '' : ' '.repeat(indent) + line,
  )
  return {head: `|${ending}`, body}
}

/** A value on one line. */
export function flowText(value: Json, context: 'block' | 'flow' | 'json' = 'flow'): string {
  const inside = context === 'json' ? 'json' : 'flow'
  if (Array.isArray(value))
    return `[${(value as readonly Json[]).map(item => flowText(item, inside)).join(', ')}]`
  if (!isRecord(value)) return scalarText(value as Exclude<Json, readonly Json[] | JsonObject>, context)
  return `{${Object.entries(value)
    .map(([key, item]) => flowEntry(key, item ?? null, inside))
    .join(', ')}}`
}

export function flowEntry(key: string, value: Json, context: 'flow' | 'json'): string {
  return `${scalarText(key, context)}: ${flowText(value, context)}`
}

function isFilledList(value: Json): value is readonly Json[] {
  return Array.isArray(value) && value.length > 0
}

function isFilledRecord(value: Json): value is JsonObject {
  return isRecord(value) && Object.keys(value).length > 0
}
