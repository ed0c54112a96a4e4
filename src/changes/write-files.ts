import {randomBytes} from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs'
import type {Stats} from 'node:fs'
import {basename, dirname, join} from 'node:path'
import {MeshctlError} from '../cli/error.ts'
import type {PlannedFile} from './write.ts'

/** A file on its way: its new text beside it, and the old one under a second name. */
interface Staged {
  readonly file: PlannedFile
  readonly fresh: string | null
  readonly backup: string | null
}

/**
 * Writes all the files or none. New texts are written and synced beside their files first; then come only renames,
 * synchronously, so that no signal comes between; if one fails, those before it are taken back.
 */
export function writeFiles(files: readonly PlannedFile[]): void {
  for (const file of files) assertAsPlanned(file)
  const made: string[] = []
  const staged: Staged[] = []
  const done: Staged[] = []
  try {
    for (const file of files) stage(file, staged, made)
    for (const one of staged) {
      commit(one)
      done.push(one)
    }
  } catch (error) {
    const stuck = done.toReversed().filter(one => !isTakenBack(one))
    for (const one of staged) discard(one, stuck.includes(one))
    for (const directory of made.toReversed()) removeIfEmpty(directory)
    throw stuck.length === 0 ? notWritten(error) : halfWritten(stuck, error)
  }
  for (const {backup} of staged) if (backup !== null) rmSync(backup, {force: true})
  for (const directory of new Set(files.map(({real}) => dirname(real)))) syncDirectory(directory)
}

function assertAsPlanned({path, real, before}: PlannedFile): void {
  if (readOrNull(real) === before) return
  throw new MeshctlError('refused', `${path} has changed since it was read; nothing was written`, {
    try: ['run the same command again'],
    file: path,
  })
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw notWritten(error)
  }
}

function stage(file: PlannedFile, staged: Staged[], made: string[]): void {
  const directory = dirname(file.real)
  makeDirectory(directory, made)
  const stem = join(directory, `.${basename(file.real).slice(0, 200)}.${randomBytes(6).toString('hex')}`)
  const one = {
    file,
    fresh: file.after === null ? null : `${stem}.new`,
    backup: file.before === null ? null : `${stem}.old`,
  }
  staged.push(one)
  if (one.backup !== null) keepAs(file.real, one.backup)
  if (one.fresh !== null && file.after !== null)
    writeSynced(one.fresh, file.after, file.before === null ? null : lstatSync(file.real))
}

/** Makes a directory and those above it, and notes which were made. */
function makeDirectory(directory: string, made: string[]): void {
  const first = mkdirSync(directory, {recursive: true})
  if (first === undefined) return
  const fresh: string[] = []
  for (let path = directory; path.length >= first.length; path = dirname(path)) fresh.unshift(path)
  made.push(...fresh)
}

/** A second name costs nothing and can't fail for want of space; not every filesystem has them. */
function keepAs(path: string, backup: string): void {
  try {
    linkSync(path, backup)
  } catch {
    copyFileSync(path, backup)
  }
}

/** `like` is the file that this one is to replace, whose mode and owner it keeps. */
function writeSynced(path: string, text: string, like: Stats | null): void {
  const handle = openSync(path, 'wx')
  try {
    if (like !== null) {
      fchmodSync(handle, like.mode & 0o777)
      if (like.uid !== process.getuid?.() || like.gid !== process.getgid?.()) giveTo(handle, like)
    }
    const bytes = Buffer.from(text, 'utf8')
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Only root can give files away; others keep what they write. */
function giveTo(handle: number, {uid, gid}: Stats): void {
  try {
    fchownSync(handle, uid, gid)
  } catch {
    return
  }
}

function commit({file, fresh}: Staged): void {
  if (fresh === null) rmSync(file.real)
  else renameSync(fresh, file.real)
}

function isTakenBack({file, backup}: Staged): boolean {
  try {
    if (backup === null) rmSync(file.real, {force: true})
    else renameSync(backup, file.real)
    return true
  } catch {
    return false
  }
}

/** What stands beside the files goes, but for the only copy of an old text. */
function discard({fresh, backup}: Staged, keepBackup: boolean): void {
  if (fresh !== null) rmSync(fresh, {force: true})
  if (backup !== null && !keepBackup) rmSync(backup, {force: true})
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Somebody put something there meanwhile: it is theirs.
  }
}

/** A rename lasts once its directory is on the disk; some systems can't sync one, and do without. */
function syncDirectory(directory: string): void {
  try {
    const handle = openSync(directory, 'r')
    fsyncSync(handle)
    closeSync(handle)
  } catch {
    return
  }
}

function notWritten(error: unknown): unknown {
  if (error instanceof MeshctlError || codeOf(error) === undefined) return error
  const words = error instanceof Error ? error.message : String(error)
  return new MeshctlError('unreadable-path', `the files can't be written, so none was: ${words}`, {
    try: ['see that the directory can be written to, and run the same command again'],
    cause: error,
  })
}

function halfWritten(stuck: readonly Staged[], cause: unknown): MeshctlError {
  const [first] = stuck
  const restore = stuck.map(({file, backup}) =>
    backup === null ? `rm ${file.real}` : `mv ${backup} ${file.real}`,
  )
  return new MeshctlError(
    'stopped-part-way',
    `writing failed, and ${first?.file.path ?? ''} could not be put back`,
    {try: restore, cause},
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
