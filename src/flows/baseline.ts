import {readFileSync, realpathSync} from 'node:fs'
import {resolve} from 'node:path'

import {writeFiles} from '../changes/write.ts'
import {MeshctlError} from '../cli/error.ts'
import {list, record, text} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import type {Finding} from '../vet/finding.ts'

const schema = 'meshctl/baseline/v1'

/** A finding that a team knows of and leaves for later. */
export interface KnownFinding {
  readonly fingerprint: string
  readonly rule: string
  /** The object in words. */
  readonly object: string
}

export interface Baseline {
  readonly file: string
  /** Null where there is no such file. */
  readonly text: string | null
  readonly entries: readonly KnownFinding[]
}

export function knownFinding({fingerprint, rule, object}: Finding): KnownFinding {
  const name = object === null ? '' : `${object.kind} ${object.namespace}/${object.name}`
  return {fingerprint, rule, object: name}
}

/** Writes a baseline as a whole or not at all: an entry a line, sorted, so that its history is quiet. */
export function writeBaseline({file, text: before}: Baseline, entries: readonly KnownFinding[]): void {
  const sorted = [...entries].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  const after = `${JSON.stringify({schema, findings: sorted}, null, 2)}\n`
  if (after === before) return
  const real = before === null ? resolve(file) : realpathSync(file)
  try {
    writeFiles([{path: file, real, before, after}])
  } catch (cause) {
    throw unusable(file, 'cannot be written', cause)
  }
}

/** Reads a baseline; `mayBeNew` for one that is about to be written. */
export function readBaseline(file: string, mayBeNew: boolean): Baseline {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (cause) {
    if (mayBeNew && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      return {file, text: null, entries: []}
    throw unusable(file, 'cannot be read', cause)
  }
  return {file, text: content, entries: entriesOf(content, file)}
}

function entriesOf(content: string, file: string): readonly KnownFinding[] {
  let value: Json
  try {
    value = JSON.parse(content) as Json
  } catch (cause) {
    throw unusable(file, 'is no JSON', cause)
  }
  if (record(value)['schema'] !== schema) throw unusable(file, `is no ${schema}`, null)
  return list(record(value)['findings']).flatMap(item => {
    const fields = record(item)
    const fingerprint = text(fields['fingerprint'])
    return fingerprint === undefined
      ? []
      : [{fingerprint, rule: text(fields['rule']) ?? '', object: text(fields['object']) ?? ''}]
  })
}

/** The line of an entry, from 1. */
export function lineOf({text: content}: Baseline, {fingerprint}: KnownFinding): number {
  const at = (content ?? '').indexOf(`"${fingerprint}"`)
  return at === -1 ? 1 : (content ?? '').slice(0, at).split('\n').length
}

function unusable(file: string, why: string, cause: unknown): MeshctlError {
  return new MeshctlError('unreadable-path', `The baseline ${file} ${why}.`, {
    try: [`meshctl vet PATH --baseline ${file} --write-baseline makes a new one where there is none.`],
    found: file,
    file,
    cause,
  })
}
