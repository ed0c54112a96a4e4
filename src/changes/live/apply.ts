import type {JsonObject} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import {ApiError} from '../../cluster/api.ts'
import type {ChangeSet} from '../change-set.ts'
import {changesOf} from '../change-set.ts'
import {nextId} from '../ledger-entry.ts'
import {requireAccess, whoAmI} from './access.ts'
import type {Applied, ApplyOptions} from './apply-options.ts'
import {forgetSecrets, keepSecrets, withSecrets} from './before-image.ts'
import {inState, isUnfinished, plannedEntry} from './entry.ts'
import type {LiveChange, LiveEntry, LiveState} from './entry.ts'
import {addEntry, listEntries, saveEntry} from './ledger-store.ts'
import type {StoredEntry} from './ledger-store.ts'
import type {Live} from './live.ts'
import {checkPhase, makePhases} from './phases.ts'
import {refuseManaged} from './preflight.ts'
import type {Disturbed} from './preflight.ts'
import {liveObjectsOf, planResume} from './resume.ts'

export type {Applied, ApplyOptions, Progress} from './apply-options.ts'

/** What the ledger says of a step besides its changes. */
export interface StepFacts {
  /** The command line that takes the step, to be typed again. */
  readonly command: string
  readonly capability: string | null
  readonly stage: string | null
  readonly answers: JsonObject
}

/**
 * Makes a change set in a cluster, one phase after another. Before the first change it is checked whole: permissions,
 * other managers, the objects as planned, the server's dry run; and recorded. Throws MeshctlError `forbidden`,
 * `refused` (nothing was changed), or `stopped-part-way` with `data.ledgerId`.
 */
export async function applyChangeSet(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  step: StepFacts,
  options: ApplyOptions = {},
): Promise<Applied> {
  return asAnswer(() => start(live, set, {...step, rollsBack: null}, options))
}

/**
 * All checks that come before the first change, and nothing else: for `--server-dry-run`. Of later phases nothing can be
 * tried before the first is made. Throws as `applyChangeSet` does; gives the objects that changed since the plan.
 */
export async function checkChangeSet(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  options: ApplyOptions = {},
): Promise<readonly Disturbed[]> {
  await requireAccess(live, set)
  if (options.allowManaged !== true) refuseManaged(set)
  const nobody = {id: '', time: new Date(), who: '', context: '', command: '', rollsBack: null}
  const planned = plannedEntry({...nobody, capability: null, stage: null, answers: {}}, set)
  const checked = await checkPhase(live, {...planned, changes: withSecretsOf(planned, set)}, 0, options)
  return checked.kind === 'ready' ? [] : checked.objects
}

/** The same for what `planRollback` made: objects are put back whole, with their owners; then the step is closed. */
export async function applyRollback(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  step: StepFacts & {readonly rollsBack: string},
  options: ApplyOptions = {},
): Promise<Applied> {
  return asAnswer(() => start(live, set, step, options))
}

/** What the API server says no to before anything was changed, as an error that a user can act on. */
async function asAnswer(work: () => Promise<Applied>): Promise<Applied> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    throw new MeshctlError(
      cause.status === 403 ? 'forbidden' : 'refused',
      `the API server would not take this; nothing was changed: ${cause.message}`,
      {
        try: ['Add --write DIR to get the change as files.'],
        cause,
      },
    )
  }
}

async function start(
  live: Live,
  set: Pick<ChangeSet, 'phases'>,
  step: StepFacts & {readonly rollsBack: string | null},
  options: ApplyOptions,
): Promise<Applied> {
  await requireAccess(live, set, step.rollsBack !== null)
  if (options.allowManaged !== true && step.rollsBack === null) refuseManaged(set)
  const known = await listEntries(live.api)
  const time = new Date()
  const id = nextId(
    time,
    known.entries.map(({entry}) => entry.id),
  )
  const planned = plannedEntry(
    {...step, id, time, who: await whoAmI(live.api), context: live.api.connection.context},
    set,
  )
  const work = {...planned, changes: withSecretsOf(planned, set)}
  const checked = await checkPhase(live, work, 0, options)
  if (checked.kind === 'changed-meanwhile') return {...checked, stored: null}
  options.onProgress?.({kind: 'checked', phase: 0})
  const kept = await keepSecrets(
    live.api,
    {
      ...planned,
      changes: planned.changes.map((change, index) => ({
        ...change,
        expected: checked.entry.changes[index]?.expected ?? null,
      })),
    },
    set,
  )
  const stored = await addEntry(live.api, kept)
  options.onProgress?.({kind: 'recorded', id})
  return makePhases(
    live,
    {stored, secrets: work.changes, checked: 0, finish: done => finish(live, done)},
    options,
  )
}

/** Secrets in full, which are in memory only: the entry that is written has none. */
function withSecretsOf(entry: LiveEntry, set: Pick<ChangeSet, 'phases'>): readonly LiveChange[] {
  const changes = changesOf({...set, notes: []})
  return entry.changes.map((change, index) => {
    const source = changes[index]
    if (!change.withheld || source === undefined) return change
    return {
      ...change,
      before: source.action === 'create' ? null : source.before.value,
      after: source.action === 'delete' ? null : source.after,
    }
  })
}

/**
 * Goes on with a step that was cut short, from what is there: what was made is not made twice. Throws MeshctlError
 * `refused` where `planResume` finds that it can't.
 */
export async function continueEntry(
  live: Live,
  stored: StoredEntry,
  options: ApplyOptions = {},
): Promise<Applied> {
  const known = await withSecrets(live.api, stored.entry)
  const {obstacles} = planResume(known, await liveObjectsOf(live, known))
  if (obstacles.length > 0) {
    throw new MeshctlError('refused', `step ${stored.entry.id} can't go on.\n  ${obstacles.join('\n  ')}`, {
      try: [`meshctl rollback ${stored.entry.rollsBack ?? stored.entry.id}`],
    })
  }
  return makePhases(
    live,
    {stored, secrets: known.changes, checked: -1, finish: done => finish(live, done)},
    options,
  )
}

/** A rollback proves itself by what is there again; then the step that it took back is closed, and its Secrets go. */
async function finish(live: Live, stored: StoredEntry): Promise<StoredEntry> {
  const applied = await saveEntry(live.api, {...stored, entry: inState(stored.entry, 'applied', new Date())})
  const {rollsBack} = applied.entry
  if (rollsBack === null) return applied
  const {entries} = await listEntries(live.api)
  // Also what began to take it back and was cut short: it is done now.
  const overtaken = entries.filter(
    ({entry}) => entry.rollsBack === rollsBack && entry.id !== applied.entry.id && isUnfinished(entry),
  )
  const original = entries.filter(({entry}) => entry.id === rollsBack && entry.state !== 'rolled-back')
  for (const one of [...original, ...overtaken]) await closeEntry(live, one, 'rolled-back')
  return closeEntry(live, applied, 'verified')
}

/** Writes down what became of a step: what evidence says, or that it was taken back. */
export async function closeEntry(
  live: Live,
  stored: StoredEntry,
  state: Extract<LiveState, 'verified' | 'inconclusive' | 'refuted' | 'rolled-back' | 'written'>,
): Promise<StoredEntry> {
  const closed = await saveEntry(live.api, {...stored, entry: inState(stored.entry, state, new Date())})
  if (state === 'rolled-back') await forgetSecrets(live.api, closed.entry)
  return closed
}
