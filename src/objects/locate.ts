import type {KubeObject, Path, Source} from './object.ts'
import {positionsIn} from './positions.ts'
import type {Positions} from './positions.ts'

/** A place in a file: lines and columns from 1, the end exclusive. */
export interface Location {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/**
 * Where the value at a path of an object stands in its file: the nearest ancestor that exists where the path leads
 * nowhere, the key where a key has no value. Null for an object that came from no file.
 */
export function locate(object: KubeObject, path: Path): Location | null {
  return object.source === null ? null : locateIn(object.source, path)
}

/** Like `locate`, but the place of the key under which the value stands. */
export function locateKey(object: KubeObject, path: Path): Location | null {
  return object.source === null ? null : locateIn(object.source, path, 'key')
}

export function locateIn(source: Source, path: Path, what: 'value' | 'key' = 'value'): Location {
  const range = positionsOf(source.text)?.at([...source.prefix, ...path], what) ?? {start: 0, end: 0}
  const start = pointAt(source, range.start)
  const end = pointAt(source, range.end)
  return {file: source.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column}
}

/** Line and column in the file of an offset in a document's text. */
export function pointAt(
  source: {readonly text: string; readonly startLine: number},
  offset: number,
): {line: number; column: number} {
  let line = source.startLine + 1
  let lineStart = 0
  for (let at = source.text.indexOf('\n'); at !== -1 && at < offset; at = source.text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return {line, column: offset - lineStart + 1}
}

/** Documents of late, by their text: the items of a List share one, and questions come document by document. */
const remembered = new Map<string, Positions | null>()
const capacity = 16

function positionsOf(text: string): Positions | null {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const positions = read(text)
  const oldest = remembered.keys().next()
  if (remembered.size >= capacity && oldest.done !== true) remembered.delete(oldest.value)
  remembered.set(text, positions)
  return positions
}

function read(text: string): Positions | null {
  try {
    return positionsIn(text)
  } catch {
    return null
  }
}
