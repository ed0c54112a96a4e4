import {splitDocuments} from '../objects/documents.ts'
import {at, isRecord, list, record} from '../objects/json.ts'
import type {Json, JsonObject, Path, Source} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import {editJson, isJson} from './edit-json.ts'
import {editYaml} from './edit-yaml.ts'
import {equalJson} from './json-equality.ts'
import {lineStart, nextLine} from './splice.ts'

/** What is to become of one object in a file; null: it goes. */
export interface ObjectEdit {
  readonly source: Source
  readonly before: JsonObject
  readonly after: JsonObject | null
}

/** Whether a file still holds an object's document where it was read. */
export function stillHolds(text: string, {startOffset, text: document}: Source): boolean {
  return text.startsWith(document, startOffset)
}

/** The text of a file with its objects edited; null where nothing but comments is left. */
export function editFile(text: string, edits: readonly ObjectEdit[]): string | null {
  const documents = Map.groupBy(edits, ({source}) => source.startOffset)
  let result = text
  for (const [, inDocument] of [...documents].sort(([a], [b]) => b - a))
    result = editDocumentOf(result, inDocument)
  return isBare(result) && edits.some(({after}) => after === null) ? null : result
}

function editDocumentOf(text: string, edits: readonly ObjectEdit[]): string {
  const [first] = edits
  if (first === undefined) return text
  const {startOffset, text: document} = first.source
  const end = startOffset + document.length
  const before = readYaml(document).value ?? null
  const after = valueAfter(before, edits)
  if (after === undefined) return withoutDocument(text, startOffset, end)
  const edited = isJson(document) ? editJson(document, before, after) : editYaml(document, before, after)
  return text.slice(0, startOffset) + edited + text.slice(end)
}

/** The value of a whole document after its objects' edits; undefined where it goes: its object, or a List's last item. */
function valueAfter(document: Json, edits: readonly ObjectEdit[]): Json | undefined {
  let result: Json = document
  for (const {source, before, after} of edits) {
    if (after !== null)
      result = replaceAt(result, source.prefix, asWritten(at(document, source.prefix), before, after))
  }
  const gone = edits.filter(({after}) => after === null).map(({source}) => source.prefix)
  if (gone.some(prefix => prefix.length === 0)) return undefined
  for (const prefix of gone.toSorted(lastFirst)) result = removeAt(result, prefix)
  return gone.length > 0 && list(record(result)['items']).length === 0 ? undefined : result
}

/** An item of a `ServiceList` doesn't repeat its type; the object read from it has one. */
function asWritten(written: Json | undefined, before: JsonObject, after: JsonObject): Json {
  if (!isRecord(written)) return after
  const implied = ['apiVersion', 'kind'].filter(
    key => !Object.hasOwn(written, key) && equalJson(before[key], after[key]),
  )
  return Object.fromEntries(Object.entries(after).filter(([key]) => !implied.includes(key)))
}

function replaceAt(value: Json, path: Path, next: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return next
  if (typeof step === 'number')
    return list(value).map((item, index) => (index === step ? replaceAt(item, rest, next) : item))
  const fields = record(value)
  return {...fields, [step]: replaceAt(fields[step] ?? null, rest, next)}
}

function removeAt(value: Json, path: Path): Json {
  const parent = path.slice(0, -1)
  return replaceAt(
    value,
    parent,
    list(at(value, parent)).filter((_, index) => index !== path.at(-1)),
  )
}

/** Later items first, so that the places of the others hold while items go. */
function lastFirst(a: Path, b: Path): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [one, other] = [a[index], b[index]]
    if (typeof one === 'number' && typeof other === 'number' && one !== other) return other - one
  }
  return b.length - a.length
}

/** A document goes with the `---` before it; the first of a file without one, with the `---` behind it. */
function withoutDocument(text: string, start: number, end: number): string {
  const lineBefore = start === 0 ? start : lineStart(text, start - 1)
  if (isMarker(text.slice(lineBefore, start), '---')) return text.slice(0, lineBefore) + text.slice(end)
  const next = nextLine(text, end)
  return text.slice(0, start) + text.slice(isMarker(text.slice(end, next), '---') ? next : end)
}

function isMarker(line: string, marker: string): boolean {
  return line.startsWith(marker) && /^[ \t]*(?:#.*)?\r?\n?$/.test(line.slice(marker.length))
}

/** Whether a file holds no more than comments and separators. */
function isBare(text: string): boolean {
  return splitDocuments(text).every(document => {
    const {value, faults} = readYaml(document.text)
    return value === undefined && faults.length === 0
  })
}
