import type {Json} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import {editDocument} from './edit-document.ts'
import {blockLines, ownStyle} from './emit-yaml.ts'
import {equalJson} from './json-equality.ts'
import {applySplices} from './splice.ts'

/**
 * The text of a YAML document with another value, and all else as it was: comments, quotes, layout and line breaks. The
 * result is read again; where it would not mean `after` (constructs that nobody should meet) the document is written
 * anew as a whole.
 */
export function editYaml(text: string, before: Json, after: Json): string {
  if (equalJson(before, after)) return text
  return editPieces(text, before, after) ?? rewrite(text, after)
}

function editPieces(text: string, before: Json, after: Json): string | null {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const closed = text.endsWith('\n') ? text : text + eol
  const splices = editDocument(closed, before, after, false)
  if (splices === null) return null
  const edited = applySplices(closed, splices)
  const endTouched = splices.some(splice => splice.end >= text.length)
  const result = closed === text || endTouched ? edited : edited.slice(0, -eol.length)
  return means(result, after) ? result : null
}

/** Keeps what stands before the document's first line of content: comments and directives. */
function rewrite(text: string, after: Json): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const [lead = ''] = /^(?:[ \t]*(?:#.*)?\r?\n)*/.exec(text) ?? []
  return lead + blockLines(after, 0, ownStyle).join(eol) + eol
}

function means(text: string, value: Json): boolean {
  const read = readYaml(text)
  return read.value !== undefined && read.faults.length === 0 && equalJson(read.value, value)
}
