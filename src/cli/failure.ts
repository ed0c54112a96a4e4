import {MeshctlError} from './error.ts'
import {Interrupted} from './interrupted.ts'
import {mark} from '../terminal/marks.ts'
import type {Style} from '../terminal/style.ts'

/** What `--json` prints for anything that goes wrong; absent values are null, so that the shape never changes. */
export interface ErrorAnswer {
  readonly code: string
  readonly message: string
  readonly try: readonly string[]
  readonly found: string | null
  readonly validOptions: readonly string[]
  readonly exit: number
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly data?: Readonly<Record<string, unknown>>
}

const report =
  'Report it, with the command line and the version: it is a fault of meshctl, not of your input.'

export function errorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof MeshctlError) {
    const {file, line, column, data} = error.details
    return {
      code: error.code,
      message: error.message,
      try: error.details.try,
      found: error.details.found ?? null,
      validOptions: error.details.validOptions ?? [],
      exit: error.exitCode,
      ...(file !== undefined && {file}),
      ...(line !== undefined && {line}),
      ...(column !== undefined && {column}),
      ...(data !== undefined && {data}),
    }
  }
  if (error instanceof Interrupted) {
    return {
      code: 'interrupted',
      message: error.message,
      try: [],
      found: null,
      validOptions: [],
      exit: error.exitCode,
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {code: 'bug', message, try: [report], found: null, validOptions: [], exit: 70}
}

/** The same for a person: what happened, where, and the next command to type. */
export function errorText(error: unknown, style: Style): string {
  const answer = errorAnswer(error)
  if (answer.code === 'interrupted') return `${mark('warn', style)} ${answer.message}\n`
  const lines = [`${mark('fail', style)} ${answer.message}`]
  if (answer.file !== undefined) lines.push(`  at ${placeOf(answer)}`)
  if (answer.code === 'bug') lines.push('', stackOf(error), '')
  if (answer.validOptions.length > 0) lines.push(`  there are: ${answer.validOptions.join(', ')}`)
  lines.push(...answer.try.map(next => `  ${style.paint.bold('try:')} ${next}`))
  return `${lines.join('\n')}\n`
}

function placeOf({file, line, column}: ErrorAnswer): string {
  return [file, line, column].filter(part => part !== undefined).join(':')
}

function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error)
}
