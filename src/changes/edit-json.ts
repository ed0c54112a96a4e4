import type {Json} from '../objects/object.ts'
import {editDocument} from './edit-document.ts'
import {equalJson} from './json-equality.ts'
import {applySplices} from './splice.ts'

/** Whether a text is JSON, and has to stay so; YAML's own `{…}` may have comments and bare words. */
export function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  return parsed(text) !== undefined
}

/** The text of a JSON file with another value, in its own indentation, all else as it was. */
export function editJson(text: string, before: Json, after: Json): string {
  if (equalJson(before, after)) return text
  const splices = editDocument(text, before, after, true)
  const edited = splices === null ? null : applySplices(text, splices)
  return edited !== null && equalJson(parsed(edited), after) ? edited : rewrite(text, after)
}

function rewrite(text: string, after: Json): string {
  const unit = /\n([ \t]+)\S/.exec(text)?.[1] ?? ''
  const [end = ''] = /\s*$/.exec(text) ?? []
  return JSON.stringify(after, null, unit) + end
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
