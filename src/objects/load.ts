import {isUtf8} from 'node:buffer'
import {readFileSync} from 'node:fs'
import type {KubeObject, ReadProblem} from './object.ts'
import {parseText} from './parse.ts'
import type {ParseOptions} from './parse.ts'
import {problemOf, reason, unreadable} from './read-problem.ts'
import {findFiles} from './files.ts'

export interface LoadOptions extends ParseOptions {
  /** Reads all of standard input, for the path `-`. */
  readonly readStdin?: () => Promise<string | Uint8Array>
}

export interface Loaded {
  readonly objects: readonly KubeObject[]
  readonly problems: readonly ReadProblem[]
  /** Every file read, in order, as given or found below a directory given; `-` for stdin. */
  readonly files: readonly string[]
}

/**
 * The objects in files, directories and stdin (`-`). A path that can't be read at all throws; whatever is wrong below
 * a directory or inside a file is a problem, and everything else is still read.
 */
export async function loadPaths(paths: readonly string[], options: LoadOptions = {}): Promise<Loaded> {
  const objects: KubeObject[] = []
  const problems: ReadProblem[] = []
  const files = new Set<string>()
  const take = (file: string, bytes: Uint8Array | string, belowDirectory = false): void => {
    const read = readBytes(file, bytes, {...options, belowDirectory})
    for (const object of read.objects) objects.push(object)
    for (const problem of read.problems) problems.push(problem)
  }
  for (const path of paths) {
    if (path === '-') {
      if (files.has('-')) continue
      files.add('-')
      take('-', await stdin(options))
      continue
    }
    const found = findFiles(path)
    problems.push(...found.problems)
    for (const file of found.files) {
      if (files.has(file)) continue
      files.add(file)
      const bytes = readOne(file, problems, found.directory)
      if (bytes !== undefined && !(found.directory && isOtherJson(file, bytes)))
        take(file, bytes, found.directory)
    }
  }
  return {objects, problems, files: [...files]}
}

async function stdin(options: LoadOptions): Promise<string | Uint8Array> {
  if (options.readStdin !== undefined) return options.readStdin()
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

/** JSON is the form of much else than manifests (dashboards, packages, data): without an apiVersion it is not ours. */
function isOtherJson(file: string, bytes: Uint8Array): boolean {
  return (
    /\.json$/i.test(file) &&
    !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"apiVersion"')
  )
}

function readOne(file: string, problems: ReadProblem[], inDirectory: boolean): Uint8Array | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if (!inDirectory) throw unreadable(file, error)
    problems.push(problemOf('unreadable-file', `the file can't be read: ${reason(error)}`, file))
    return undefined
  }
}

function readBytes(
  file: string,
  bytes: Uint8Array | string,
  options: ParseOptions,
): {objects: readonly KubeObject[]; problems: readonly ReadProblem[]} {
  if (typeof bytes === 'string') return parseText(bytes, file, options)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fault = binaryFault(file, buffer)
  return fault === undefined
    ? parseText(buffer.toString('utf8'), file, options)
    : {objects: [], problems: [fault]}
}

function binaryFault(file: string, buffer: Buffer): ReadProblem | undefined {
  const utf16 = (buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff)
  if (utf16)
    return problemOf(
      'binary-file',
      'the file is UTF-16, which Kubernetes tools write on Windows; only UTF-8 is read',
      file,
    )
  const zero = buffer.indexOf(0)
  if (zero !== -1)
    return {
      ...problemOf('binary-file', 'the file is binary: it holds a null byte', file),
      ...placeOf(buffer, zero),
    }
  if (isUtf8(buffer)) return undefined
  return {
    ...problemOf('binary-file', 'the file is not UTF-8 text', file),
    ...placeOf(buffer, firstBadByte(buffer)),
  }
}

/** The offset of the first byte that is no UTF-8: found by halving, as prefixes are valid up to it. */
function firstBadByte(buffer: Buffer): number {
  let good = 0
  let bad = buffer.length
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (validPrefix(buffer, middle)) good = middle
    else bad = middle
  }
  while (good > 0 && !isUtf8(buffer.subarray(0, good))) good--
  return good
}

/** Whether the first bytes are valid, a character cut at their end aside. */
function validPrefix(buffer: Buffer, length: number): boolean {
  for (let cut = 0; cut < 4 && cut <= length; cut++) if (isUtf8(buffer.subarray(0, length - cut))) return true
  return false
}

function placeOf(buffer: Buffer, offset: number): {line: number; column: number} {
  const before = buffer.subarray(0, offset).toString('latin1')
  return {line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1}
}
