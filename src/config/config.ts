import {readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {MeshctlError} from '../cli/error.ts'
import {readConfigText} from './read.ts'
import {emptyConfig} from './settings.ts'
import type {Config} from './settings.ts'

export {emptyConfig} from './settings.ts'
export type {Config} from './settings.ts'

export interface ConfigLookup {
  /** The file named on the command line. */
  readonly file?: string | undefined
  /** Where objects are read from; the first directory among them may hold the file. */
  readonly from: readonly string[]
  readonly cwd: string
  /** The day by which declarations expire. */
  readonly now?: Date
}

/** Reads meshctl.yaml: the file named, else the one in the first directory of `--from`, else the one where meshctl runs. */
export async function loadConfig({file, from, cwd, now = new Date()}: ConfigLookup): Promise<Config> {
  if (file !== undefined) return readConfigText(readNamed(file), file, now)
  const directory = firstDirectory(from)
  for (const place of [...(directory === undefined ? [] : [directory]), cwd]) {
    for (const name of ['meshctl.yaml', 'meshctl.yml']) {
      // What lies where meshctl runs is shown by its bare name, as it would be given.
      const shown = place === cwd ? name : join(place, name)
      const text = readIfThere(join(place, name), shown)
      if (text !== undefined) return readConfigText(text, shown, now)
    }
  }
  return emptyConfig
}

/** A path that can't be looked at is no directory here; where it is read, that is an error. */
function firstDirectory(from: readonly string[]): string | undefined {
  return from.find(path => path !== '-' && statSync(path, {throwIfNoEntry: false})?.isDirectory() === true)
}

function readNamed(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error)
  }
}

function readIfThere(path: string, shown: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw unreadable(shown, error)
  }
}

function unreadable(file: string, cause: unknown): MeshctlError {
  return new MeshctlError('unreadable-path', `The configuration ${file} cannot be read.`, {
    try: ['Check the path given by --config, and its permissions.'],
    found: file,
    file,
    cause,
  })
}
