import {stripVTControlCharacters} from 'node:util'

import {CLIError} from '@oclif/core/errors'
import type {FlagInput} from '@oclif/core/interfaces'

import {MeshctlError} from './error.ts'
import {didYouMean} from './suggest.ts'

export interface Parsed {
  /** `vet explain` */
  readonly command: string
  readonly flags: FlagInput
}

/**
 * What oclif's parser throws as an error of ours; anything else as it is. The parser's own classes are not exported:
 * they are told apart by the fields they carry, never by their text.
 */
export function fromParser(error: unknown, {command, flags}: Parsed): unknown {
  if (!(error instanceof CLIError)) return error
  const next = [`meshctl ${command === '' ? '' : `${command} `}--help`]
  const [flag] = listOf(error, 'flags')
  if (typeof flag === 'string') return unknownFlag(flag, flags, next)
  const args = listOf(error, 'args')
  const extra = args.filter(arg => typeof arg === 'string')
  if (extra.length > 0) {
    return new MeshctlError('usage', `Unexpected: ${extra.join(' ')}.`, {try: next, found: extra.join(' ')})
  }
  const missing = args.flatMap(nameOf)
  if (missing.length > 0) {
    return new MeshctlError('usage', `Missing: ${missing.join(', ')}.`, {try: next, validOptions: missing})
  }
  return new MeshctlError('usage', `${sentenceOf(error.message)}.`, {try: next, cause: error})
}

function unknownFlag(given: string, flags: FlagInput, next: readonly string[]): MeshctlError {
  const found = given.replace(/=.*$/s, '')
  const known = Object.keys(flags).map(name => `--${name}`)
  return new MeshctlError('unknown-flag', `There is no flag ${found}${didYouMean(found, known)}`, {
    try: next,
    found,
    validOptions: known,
  })
}

function listOf(error: CLIError, field: 'flags' | 'args'): readonly unknown[] {
  const value: unknown = Reflect.get(error, field)
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function nameOf(arg: unknown): readonly string[] {
  const name: unknown = typeof arg === 'object' && arg !== null ? Reflect.get(arg, 'name') : undefined
  return typeof name === 'string' ? [name.toUpperCase()] : []
}

/** oclif wraps what it says in a heading and a pointer to help, which has its own place here. */
function sentenceOf(message: string): string {
  const lines = stripVTControlCharacters(message).split('\n')
  const own = lines
    .map(line => line.trim())
    .filter(line => line !== '' && !/^(The following errors? occurred|See more help)/.test(line))
  return own.join('; ').replace(/[.:\s]+$/, '')
}
