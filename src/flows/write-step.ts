import type {ChangeSet} from '../changes/change-set.ts'
import {planWrite, writeFiles} from '../changes/write.ts'
import type {PlannedFile} from '../changes/write.ts'
import {nowDone} from '../cli/signals.ts'
import type {Stage} from '../stages/stage.ts'
import type {Input} from './load-input.ts'

export interface WrittenFile {
  readonly path: string
  readonly action: 'create' | 'update' | 'delete' | 'unchanged'
}

export interface Written {
  readonly dir: string
  readonly files: readonly WrittenFile[]
  readonly ledgerId: string | null
}

export interface StepPlace {
  readonly dir: string
  readonly input: Input
  readonly stage: Stage
}

/** Writes one phase of a step into files: all of them or none. */
export async function writeStep(set: ChangeSet, {dir, input}: StepPlace): Promise<Written> {
  const {files, unchanged} = await planWrite(set, {dir, from: input.from})
  writeFiles(files)
  if (files.length > 0) nowDone(`Everything was written into ${dir} before.`)
  return {
    dir,
    files: [...files.map(writtenFile), ...unchanged.map(path => ({path, action: 'unchanged' as const}))],
    ledgerId: null,
  }
}

function writtenFile({path, before, after}: PlannedFile): WrittenFile {
  return {path, action: before === null ? 'create' : after === null ? 'delete' : 'update'}
}
