import {userInfo} from 'node:os'

import type {ChangeSet, Phase} from '../changes/change-set.ts'
import {planEntry, readLedger} from '../changes/file-ledger.ts'
import {entryOf, nextId} from '../changes/ledger-entry.ts'
import type {LedgerEntry} from '../changes/ledger-entry.ts'
import {planWrite, writeFiles} from '../changes/write.ts'
import type {PlannedFile} from '../changes/write.ts'
import {nowDone} from '../cli/signals.ts'
import type {Stage} from '../stages/stage.ts'

export interface WrittenFile {
  readonly path: string
  readonly action: 'create' | 'update' | 'delete' | 'unchanged'
}

export interface Written {
  readonly dir: string
  readonly files: readonly WrittenFile[]
  /** The step in the directory's ledger; null where nothing had to be written. */
  readonly ledgerId: string | null
}

export interface StepPlace {
  readonly dir: string
  /** What the objects were read from. */
  readonly from: readonly string[]
  readonly stage: Stage
  /** The command line that takes the step, for the ledger. */
  readonly command: string
  /** Phases that come once this one has arrived and holds. */
  readonly later: readonly Phase[]
}

/** Writes one phase of a step into files, and what was done into the ledger beside them: all of it or nothing. */
export async function writeStep(set: ChangeSet, place: StepPlace): Promise<Written> {
  const {dir, from} = place
  const {files, unchanged} = await planWrite(set, {dir, from})
  const entry = files.length === 0 ? null : await ledgerEntry(set, place)
  writeFiles(entry === null ? files : [...files, await planEntry(entry, dir)])
  if (files.length > 0) nowDone(`Everything was written into ${dir} before.`)
  return {
    dir,
    files: [...files.map(writtenFile), ...unchanged.map(path => ({path, action: 'unchanged' as const}))],
    ledgerId: entry?.id ?? null,
  }
}

async function ledgerEntry(
  {phases}: ChangeSet,
  {dir, stage, command, later}: StepPlace,
): Promise<LedgerEntry | null> {
  const {entries} = await readLedger(dir)
  const time = new Date()
  return entryOf({
    id: nextId(
      time,
      entries.map(({id}) => id),
    ),
    time,
    who: whoami(),
    capability: stage.capability,
    stage: stage.stage,
    command,
    set: {phases: [...phases, ...later]},
    phase: 0,
  })
}

/** Some containers run as a user without a name. */
function whoami(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

export function writtenFile({path, before, after}: PlannedFile): WrittenFile {
  return {path, action: before === null ? 'create' : after === null ? 'delete' : 'update'}
}
