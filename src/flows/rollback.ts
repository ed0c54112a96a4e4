import {changesOf} from '../changes/change-set.ts'
import type {ChangeSet} from '../changes/change-set.ts'
import {patchesStanding, readLedger} from '../changes/file-ledger.ts'
import {changedSince, reverseOf} from '../changes/ledger-entry.ts'
import type {LedgerEntry} from '../changes/ledger-entry.ts'
import {requireAccess} from '../changes/live/access.ts'
import {explainEntry} from '../changes/live/entry.ts'
import {findEntry, listEntries} from '../changes/live/ledger-store.ts'
import {managerOf} from '../changes/live/managed-by.ts'
import {restingOn} from '../changes/live/rollback.ts'
import {isFileless} from '../changes/object-patch.ts'
import {planWrite, writeFiles} from '../changes/write.ts'
import {MeshctlError} from '../cli/error.ts'
import {finishingFirst, nowDone} from '../cli/signals.ts'
import {unknownName} from '../cli/suggest.ts'
import {describe} from '../objects/identity.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Prompts} from '../terminal/prompts.ts'
import {breaks, changeAnswer, predictPhases} from './adopt.ts'
import type {ChangeAnswer} from './adopt.ts'
import {commandLine} from './command-line.ts'
import {askConsent} from './consent.ts'
import type {Input} from './load-input.ts'
import {clusterOf} from './live-step.ts'
import {asFiles} from './files-of-live.ts'
import type {RadiusAnswer} from './radius.ts'
import {carryBack, wayBack} from './take-back.ts'
import {writtenFile} from './write-step.ts'
import type {Written} from './write-step.ts'

export interface RollbackResult {
  /** The step that is taken back. */
  readonly id: string
  readonly says: string
  readonly changes: readonly ChangeAnswer[]
  readonly blastRadius: RadiusAnswer
  /** Later steps that rest on it. */
  readonly resting: readonly {
    readonly id: string
    readonly capability: string | null
    readonly stage: string | null
    readonly why: string
  }[]
  readonly context: string | null
  readonly applied: boolean
  readonly written: Written | null
  /** The rollback's own record in the ledger. */
  readonly ledgerId: string | null
  readonly reproduce: string
}

export interface RollbackRequest {
  readonly id: string
  /** Also what others changed since. */
  readonly overwriteLater: boolean
}

export interface RollbackTalk {
  readonly yes: boolean
  readonly confirm: string | undefined
  readonly prompts: Prompts | null
  readonly progress: Progress
  readonly show: (result: RollbackResult) => void
}

/** Takes back a step that the cluster's ledger holds: with diff, what-if, refusal and consent, as any other change. */
export async function rollbackLive(
  input: Input,
  request: RollbackRequest,
  talk: RollbackTalk,
): Promise<RollbackResult> {
  const {stored, set, result} = await planLive(input, request)
  talk.show(result)
  await requireAccess(clusterOf(input).live, set, true)
  const asked = {set, radius: result.blastRadius, name: request.id, reproduce: `${result.reproduce} --yes`}
  await askConsent(asked, talk)
  return await finishingFirst(async signal => {
    const carrying = {
      progress: talk.progress,
      signal,
      forceConflicts: false,
      concerned: (mesh: Input['mesh']) =>
        mesh.workloads.filter(one => mesh.injection(one).inMesh !== false && isNear(one.namespace, set)),
      missing: new Set<string>(),
    }
    const ledgerId = await carryBack(input, stored, set, {
      carrying,
      command: result.reproduce,
      overwriteLater: request.overwriteLater,
    })
    return {...result, applied: true, ledgerId}
  }).finally(() => talk.progress.end())
}

/** The same, written into files. */
export async function writeRollback(
  input: Input,
  request: RollbackRequest,
  dir: string,
): Promise<RollbackResult> {
  const {set, result} = await planLive(input, request)
  const files = await asFiles(set, dir)
  refuseUnwritable(files, request, dir)
  return {...result, written: await writeBack(files, dir, [dir])}
}

/** What only the cluster holds no file can take away. */
function refuseUnwritable(set: ChangeSet, {id}: RollbackRequest, dir: string): void {
  const lost = changesOf(set).filter(
    change => change.action === 'delete' && isFileless(change) && managerOf(change.before.value) === null,
  )
  if (lost.length === 0) return
  throw new MeshctlError(
    'refused',
    `No file below ${dir} holds what has to go, and nothing else brings it; nothing was written.\n  ${lost.map(change => describe(change.id)).join('\n  ')}`,
    {try: [`meshctl rollback ${id} --yes  # in the cluster`, '--write DIR: the directory that holds them']},
  )
}

async function planLive(
  input: Input,
  request: RollbackRequest,
): Promise<{
  readonly stored: Awaited<ReturnType<typeof findEntry>>
  readonly set: ChangeSet
  readonly result: RollbackResult
}> {
  const {live, connection} = clusterOf(input)
  const stored = await findEntry(live.api, request.id)
  const {entry} = stored
  if (entry.state === 'rolled-back')
    throw new MeshctlError('refused', `Step ${request.id} was taken back before.`, {try: ['meshctl history']})
  const set = await wayBack(input, stored, request)
  const blastRadius = predictPhases(input, set)
  if (blastRadius.broken.length > 0) throw breaks(`Taking back step ${request.id}`, blastRadius)
  const {entries} = await listEntries(live.api)
  const resting = restingOn(
    entry,
    entries.map(one => one.entry),
  )
  const result = {
    id: request.id,
    says: explainEntry(entry),
    changes: changesOf(set).map(changeAnswer),
    blastRadius,
    resting: resting.map(({id, capability, stage, why}) => ({id, capability, stage, why})),
    context: connection.context,
    applied: false,
    written: null,
    ledgerId: null,
    reproduce: reproduce(input, request),
  }
  return {stored, set, result}
}

/** Takes back a step that was written into a directory, as the ledger beside the files has it. */
export async function rollbackFiles(
  input: Input,
  request: RollbackRequest,
  {dir, write}: {readonly dir: string; readonly write: boolean},
): Promise<RollbackResult> {
  input.refuseProblems(input.problems)
  const {entries} = await readLedger(dir)
  const entry = entries.find(({id}) => id === request.id)
  if (entry === undefined)
    throw unknownName(
      'step',
      request.id,
      entries.map(({id}) => id),
      [`meshctl history --from ${dir}`],
    )
  const later = request.overwriteLater ? [] : changedSince(entry, input.objects)
  const set = reverseOf(entry, input.objects, await patchesStanding(entry, dir))
  if (later.length > 0 && changesOf(set).length > 0) throw trampled(entry, later.map(describe), dir)
  const blastRadius = predictPhases(input, set)
  if (blastRadius.broken.length > 0) throw breaks(`Taking back step ${request.id}`, blastRadius)
  const result: RollbackResult = {
    id: entry.id,
    says: `Phase ${entry.phase.index + 1} of ${entry.phase.of} (${entry.phase.title}) was written into ${dir}.`,
    changes: changesOf(set).map(changeAnswer),
    blastRadius,
    resting: laterIn(entry, entries),
    context: null,
    applied: false,
    written: null,
    ledgerId: null,
    reproduce: reproduce(input, request),
  }
  return write ? {...result, written: await writeBack(set, dir, input.from)} : result
}

async function writeBack(set: ChangeSet, dir: string, from: readonly string[]): Promise<Written> {
  const {files, unchanged} = await planWrite(set, {dir, from})
  writeFiles(files)
  if (files.length > 0) nowDone(`Everything was written into ${dir} before.`)
  return {
    dir,
    files: [...files.map(writtenFile), ...unchanged.map(path => ({path, action: 'unchanged' as const}))],
    ledgerId: null,
  }
}

function laterIn(entry: LedgerEntry, all: readonly LedgerEntry[]): RollbackResult['resting'] {
  const names = new Set(entry.changes.map(({object}) => describe(object)))
  return all
    .filter(other => other.id > entry.id && other.changes.some(({object}) => names.has(describe(object))))
    .map(({id, capability, stage}) => ({id, capability, stage, why: 'same-objects'}))
}

function trampled({id}: LedgerEntry, objects: readonly string[], dir: string): MeshctlError {
  return new MeshctlError(
    'refused',
    `Others changed objects after step ${id}; nothing was changed.\n  ${objects.join('\n  ')}`,
    {
      try: [
        `meshctl rollback ${id} --from ${dir} --overwrite-later  # puts back what was before, and loses their changes`,
      ],
      data: {ledgerId: id, changedLater: objects},
    },
  )
}

function isNear(namespace: string, set: ChangeSet): boolean {
  return changesOf(set).some(({id}) => id.namespace === namespace || id.name === namespace)
}

function reproduce(input: Input, {id, overwriteLater}: RollbackRequest): string {
  return commandLine(['rollback', id, ...(overwriteLater ? ['--overwrite-later'] : []), ...input.reproduce])
}
