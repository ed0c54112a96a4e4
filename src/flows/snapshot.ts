import {writeFile} from 'node:fs/promises'

import {MeshctlError} from '../cli/error.ts'
import {snapshotOf} from '../objects/snapshot.ts'
import type {Input} from './load-input.ts'

export interface SnapshotResult {
  /** `-` is stdout. */
  readonly file: string
  readonly objects: number
  /** Objects of the input that the model does not read, left out. */
  readonly leftOut: number
  readonly anonymized: boolean
}

export interface SnapshotOptions {
  readonly file: string
  readonly anonymize: boolean
}

/** Writes exactly the objects that the model reads; with `-` their text is given back for stdout. */
export async function snapshot(
  input: Input,
  {file, anonymize}: SnapshotOptions,
): Promise<SnapshotResult & {readonly text: string}> {
  input.refuseProblems(input.problems)
  const {text, objects} = snapshotOf(input.objects, {anonymize})
  if (file !== '-') await writeTo(file, text)
  return {file, objects, leftOut: input.objects.length - objects, anonymized: anonymize, text}
}

async function writeTo(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new MeshctlError('unreadable-path', `The snapshot cannot be written to ${file}: ${why}.`, {
      try: ['Name a file in a folder that exists and is yours, with -o.'],
      found: file,
      cause,
    })
  }
}
