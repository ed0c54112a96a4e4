import {structuredPatch} from 'diff'
import type {StructuredPatchHunk} from 'diff'

import type {Change} from '../changes/change-set.ts'
import {editFile} from '../changes/edit-file.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import type {JsonObject, KubeObject, Source} from '../objects/object.ts'
import type {Finding} from '../vet/finding.ts'

/** What a fix does to the text of one document of a file. */
export interface FilePatch {
  readonly file: string
  /** Lines of a unified diff, without the names of files. */
  readonly diff: readonly string[]
  readonly replacements: readonly Replacement[]
}

/** A text in place of what stands between two points, the end exclusive; lines and columns from 1. */
export interface Replacement {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
  readonly text: string
}

/** What the fix of a finding does to files, as `--fix` would do it; new objects stand behind the finding's own. */
export function patchesOf({fix, file}: Finding): readonly FilePatch[] {
  if (fix === null) return []
  const made = fix.changes.flatMap(change =>
    change.action === 'create' ? [change.yaml ?? toYaml(change.after)] : [],
  )
  const edited = fix.changes.flatMap(change => (change.action === 'create' ? [] : patchOf(change)))
  return made.length === 0
    ? edited
    : [...edited, {file: file ?? '', diff: made.flatMap(addedLines), replacements: []}]
}

function addedLines(document: string): readonly string[] {
  return [
    '+---',
    ...document
      .trimEnd()
      .split('\n')
      .map(line => `+${line}`),
  ]
}

function patchOf(change: Exclude<Change, {action: 'create'}>): readonly FilePatch[] {
  const after = change.action === 'update' ? change.after : null
  const {source} = change.before
  // A Secret's values are never shown.
  if (source === null || change.id.kind === 'Secret') return []
  const text = textAfter(change.before, source, after)
  const {startLine} = source
  return [
    {
      file: source.file,
      diff: hunksOf(source.text, text, 1).flatMap(hunk => [header(hunk, startLine), ...hunk.lines]),
      replacements: hunksOf(source.text, text, 0).map(hunk => replacementOf(hunk, source)),
    },
  ]
}

/** The document on its own: where it starts in the file does not matter to what is edited in it. */
function textAfter({value}: KubeObject, source: Source, after: JsonObject | null): string {
  return editFile(source.text, [{source: {...source, startOffset: 0}, before: value, after}]) ?? ''
}

function hunksOf(before: string, after: string, context: number): readonly StructuredPatchHunk[] {
  return structuredPatch('', '', before, after, undefined, undefined, {context}).hunks
}

/** By a quirk of the format a side without lines names the line before. */
function header({oldStart, oldLines, newStart, newLines}: StructuredPatchHunk, startLine: number): string {
  const old = oldStart + startLine - (oldLines === 0 ? 1 : 0)
  const fresh = newStart + startLine - (newLines === 0 ? 1 : 0)
  return `@@ -${old},${oldLines} +${fresh},${newLines} @@`
}

/** Whole lines, each with its break; a file may end without one. */
function replacementOf(hunk: StructuredPatchHunk, {text, startLine}: Source): Replacement {
  const lines = text.split('\n')
  const first = hunk.oldStart - 1
  const behind = first + hunk.oldLines
  const fresh = hunk.lines.filter(line => line.startsWith('+')).map(line => line.slice(1))
  const open = hunk.lines.at(-1)?.startsWith('\\') === true
  const content = fresh.map(line => `${line}\n`).join('')
  const start = pointOf(first, lines)
  const end = pointOf(behind, lines)
  const missing = start.column > 1 && content !== '' ? '\n' : ''
  return {
    startLine: start.line + startLine,
    startColumn: start.column,
    endLine: end.line + startLine,
    endColumn: end.column,
    text: missing + (open ? content.replace(/\n$/, '') : content),
  }
}

/** The start of a line, or the end of the text where that line is not there. */
function pointOf(index: number, lines: readonly string[]): {readonly line: number; readonly column: number} {
  if (index < lines.length) return {line: index + 1, column: 1}
  return {line: lines.length, column: (lines.at(-1) ?? '').length + 1}
}
