import type {FilePatch} from '../../flows/vet-patches.ts'
import type {Finding} from '../../vet/finding.ts'

/** What a renderer may know beside the result. */
export interface RenderOptions {
  /** Version of meshctl. */
  readonly version?: string
  /** Absolute paths below this directory are shown relative to it. */
  readonly cwd?: string
  /** What the fix of a finding does to files. */
  readonly patches?: (finding: Finding) => readonly FilePatch[]
  /** Words for the terminal, coloured by the caller. */
  readonly paint?: Paint
}

export interface Paint {
  readonly error: (text: string) => string
  readonly warning: (text: string) => string
  readonly info: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
  readonly added: (text: string) => string
  readonly removed: (text: string) => string
}

const plain = (text: string): string => text

export const noPaint: Paint = {
  error: plain,
  warning: plain,
  info: plain,
  strong: plain,
  faint: plain,
  added: plain,
  removed: plain,
}

/** A file's name for output: relative to the working directory where it lies below it, with forward slashes. */
export function shownFile(file: string, cwd: string | undefined): string {
  const normal = file.replaceAll('\\', '/')
  const base = cwd === undefined ? '' : `${cwd.replaceAll('\\', '/').replace(/\/$/, '')}/`
  if (base !== '' && normal.startsWith(base)) return normal.slice(base.length)
  return normal.replace(/^\.\//, '')
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`
}
