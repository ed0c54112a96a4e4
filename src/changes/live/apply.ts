import {objectKey} from '../../objects/identity.ts'
import type {JsonObject} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import {ApiError} from '../../cluster/api.ts'
import type {ChangeSet} from '../change-set.ts'
import {changesOf} from '../change-set.ts'
import {nextId} from '../ledger-entry.ts'
import {requireAccess, whoAmI} from './access.ts'
import {forgetSecrets, keepSecrets, withSecrets} from './before-image.ts'
import {carryOut} from './carry-out.ts'
import {atChange, changeDone, inState, isUnfinished, plannedEntry, withChange} from './entry.ts'
import type {LiveChange, LiveEntry, LiveState} from './entry.ts'
import {addEntry, listEntries, saveEntry} from './ledger-store.ts'
import type {StoredEntry} from './ledger-store.ts'
import type {Live} from './live.ts'
import {getObject} from './live.ts'
import {placeOf, uidOf} from './place.ts'
import {conflictError, preflight, refuseManaged} from './preflight.ts'
import type {Disturbed} from './preflight.ts'
import {liveObjectsOf, planResume} from './resume.ts'
import {waitForRollouts} from './rollouts.ts'
import type {Settled} from './rollouts.ts'
import {comparableHash} from './server-fields.ts'

/** What the ledger says of a step besides its changes. */
export interface StepFacts {
  /** The command line that takes the step, to be typed again. */
  readonly command: string
  readonly capability: string | null
  readonly stage: string | null
  readonly answers: JsonObject
}

export type Progress =
  | {readonly kind: 'checked'; readonly phase: number}
  | {readonly kind: 'recorded'; readonly id: string}
  | {readonly kind: 'changing'; readonly change: LiveChange; readonly index: number; readonly of: number}
  | {readonly kind: 'waiting'; readonly phase: number; readonly waitingFor: readonly string[]}

export interface ApplyOptions {
  /** Takes over fields that others own. */
  readonly forceConflicts?: boolean
  /** Also changes what Argo CD, Flux, Helm or a controller manages. */
  readonly allowManaged?: boolean
  /** Whether a phase has arrived everywhere (proxies in sync); asked after its rollouts are done. */
  readonly settled?: (phase: {
    readonly index: number
    readonly title: string
    readonly changes: readonly LiveChange[]
  }) => Promise<Settled>
  /** For the rollouts of one phase; 5 minutes where absent. */
  readonly timeoutMs?: number
  /** Aborted by Ctrl-C: the change in flight is finished and recorded first. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/**
 * - applied: every change was made and has arrived; what evidence says of it is for `closeEntry`
 * - changed-meanwhile: objects are not as they were when the step was planned. Without an entry nothing was changed, and
 *   the flow plans anew; with one, some changes were made, and it is for `planResume` or `planRollback`
 * - not-settled: the phase was made, and did not arrive in time; the entry stays `applying`
 * - interrupted: the signal came; the entry stays `applying`
 */
export type Applied =
  | {readonly kind: 'applied'; readonly stored: StoredEntry}
  | {
      readonly kind: 'changed-meanwhile'
      readonly stored: StoredEntry | null
      readonly objects: readonly Disturbed[]
    }
  | {readonly kind: 'not-settled'; readonly stored: StoredEntry; readonly waitingFor: readonly string[]}
  | {readonly kind: 'interrupted'; readonly stored: StoredEntry}

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
  return goOn(live, {stored, secrets: work.changes, checked: 0}, options)
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
  return goOn(live, {stored, secrets: known.changes, checked: -1}, options)
}

interface Work {
  readonly stored: StoredEntry
  /** The changes with the values of Secrets, where they are known. */
  readonly secrets: readonly LiveChange[]
  /** The phase that was checked already. */
  readonly checked: number
}

async function goOn(live: Live, work: Work, options: ApplyOptions): Promise<Applied> {
  let {stored} = work
  try {
    for (const phase of stored.entry.phases.keys()) {
      if (phase > work.checked) {
        const checked = await checkPhase(live, withValues(stored.entry, work.secrets), phase, options)
        if (checked.kind === 'changed-meanwhile') return {...checked, stored}
        stored = {...stored, entry: withExpected(stored.entry, checked.entry)}
      }
      for (const [index, change] of stored.entry.changes.entries()) {
        if (change.phase !== phase) continue
        if (options.signal?.aborted === true) return {kind: 'interrupted', stored}
        const made = await makeChange(live, stored, {index, values: work.secrets[index] ?? change}, options)
        if ('because' in made)
          return {
            kind: 'changed-meanwhile',
            stored: made.stored,
            objects: [{object: change.object, because: made.because}],
          }
        stored = made.stored
      }
      const arrived = await arrive(live, stored.entry, phase, options)
      if (!arrived.settled)
        return options.signal?.aborted === true
          ? {kind: 'interrupted', stored}
          : {kind: 'not-settled', stored, waitingFor: arrived.waitingFor}
    }
    return {kind: 'applied', stored: await finish(live, stored)}
  } catch (cause) {
    throw stoppedPartWay(stored.entry, cause)
  }
}

function withValues(entry: LiveEntry, values: readonly LiveChange[]): LiveEntry {
  return {
    ...entry,
    changes: entry.changes.map((change, index) => ({
      ...change,
      before: values[index]?.before ?? change.before,
      after: values[index]?.after ?? change.after,
    })),
  }
}

function withExpected(entry: LiveEntry, from: LiveEntry): LiveEntry {
  return {
    ...entry,
    changes: entry.changes.map((change, index) => ({
      ...change,
      expected: from.changes[index]?.expected ?? change.expected,
    })),
  }
}

type Checked =
  | {readonly kind: 'ready'; readonly entry: LiveEntry}
  | {readonly kind: 'changed-meanwhile'; readonly objects: readonly Disturbed[]}

async function checkPhase(
  live: Live,
  entry: LiveEntry,
  phase: number,
  options: ApplyOptions,
): Promise<Checked> {
  const changes = [...entry.changes.entries()].filter(([, change]) => change.phase === phase)
  const restore = entry.rollsBack !== null
  const newNamespaces = new Set(
    entry.changes
      .filter(
        change => change.action === 'create' && change.done === null && change.object.kind === 'Namespace',
      )
      .map(change => change.object.name),
  )
  const firsts = firstOfEach(changes)
  const found = await preflight(live, firsts, {
    forceConflicts: options.forceConflicts ?? false,
    restore,
    newNamespaces,
    inHand: entry.at,
  })
  if (found.kind !== 'ready') return found
  const expected = [...found.expected].reduce(
    (done, [index, hash]) => withChange(done, index, {expected: hash}),
    entry,
  )
  return {kind: 'ready', entry: expected}
}

/** Where one object is changed twice in a phase, the second change can't be tried before the first is made. */
function firstOfEach(
  changes: readonly (readonly [number, LiveChange])[],
): readonly (readonly [number, LiveChange])[] {
  const seen = new Set<string>()
  return changes.filter(([, change]) => {
    const key = objectKey(change.object)
    return seen.has(key) ? false : seen.add(key)
  })
}

interface Making {
  readonly index: number
  readonly values: LiveChange
}

type Made =
  {readonly stored: StoredEntry} | {readonly stored: StoredEntry; readonly because: Disturbed['because']}

const rounds = 5

/** Writes down which change comes, makes it where it is not made yet, and writes down that it was. */
async function makeChange(
  live: Live,
  before: StoredEntry,
  {index, values}: Making,
  options: ApplyOptions,
): Promise<Made> {
  const change = before.entry.changes[index]
  if (change === undefined || change.done !== null) return {stored: before}
  const stored =
    before.entry.at === index
      ? before
      : await saveEntry(live.api, {...before, entry: atChange(before.entry, index, new Date())})
  options.onProgress?.({kind: 'changing', change, index, of: stored.entry.changes.length})
  const filled = {...change, before: values.before ?? change.before, after: values.after ?? change.after}
  const how = {
    dryRun: false,
    forceConflicts: options.forceConflicts ?? false,
    restore: stored.entry.rollsBack !== null,
  }
  for (let round = 0; round < rounds; round += 1) {
    const current = await getObject(live, change.object)
    const place = placeOf(filled, current)
    if (place === 'after' && how.restore && current !== null) await carryOut(live, filled, current, how)
    if (place === 'after' || place === 'after-and-more')
      return {stored: await record(live, stored, {index, object: current, hash: change.expected})}
    if (place === 'neither')
      return {stored: await leave(live, stored), because: current === null ? 'deleted' : 'changed'}
    const outcome = await carryOut(live, filled, current, how)
    if (outcome.kind === 'conflicts') throw conflictError(outcome.conflicts)
    if (outcome.kind === 'done')
      return {stored: await record(live, stored, {index, object: outcome.object, hash: null})}
  }
  return {stored: await leave(live, stored), because: 'changed'}
}

/** That the change in hand is not going to be made, so that the way back leaves its object alone. */
function leave(live: Live, stored: StoredEntry): Promise<StoredEntry> {
  return saveEntry(live.api, {...stored, entry: {...stored.entry, at: null}})
}

/** That a change was made, and with the same write which one comes next. */
async function record(
  live: Live,
  stored: StoredEntry,
  {
    index,
    object,
    hash,
  }: {readonly index: number; readonly object: JsonObject | null; readonly hash: string | null},
): Promise<StoredEntry> {
  const time = new Date()
  const done = changeDone(stored.entry, index, {
    uid: uidOf(object),
    hash: hash ?? (object === null ? '' : comparableHash(object)),
    time: time.toISOString(),
  })
  const following = done.changes[index + 1]
  const next =
    following !== undefined && following.phase === done.changes[index]?.phase
      ? atChange(done, index + 1, time)
      : done
  return saveEntry(live.api, {...stored, entry: next})
}

async function arrive(live: Live, entry: LiveEntry, phase: number, options: ApplyOptions): Promise<Settled> {
  const changes = entry.changes.filter(change => change.phase === phase)
  const changed = changes.filter(change => change.action !== 'delete').map(change => change.object)
  const onWait = (waitingFor: readonly string[]): void =>
    options.onProgress?.({kind: 'waiting', phase, waitingFor})
  const rolled = await waitForRollouts(live, changed, {
    timeoutMs: options.timeoutMs ?? 300_000,
    onWait,
    ...(options.signal === undefined ? {} : {signal: options.signal}),
  })
  if (!rolled.settled || options.settled === undefined) return rolled
  return options.settled({index: phase, title: entry.phases[phase] ?? '', changes})
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

function stoppedPartWay(entry: LiveEntry, cause: unknown): Error {
  if (!(cause instanceof MeshctlError) && !(cause instanceof ApiError))
    return cause instanceof Error ? cause : new Error(String(cause))
  const made = entry.changes.filter(change => change.done !== null).length
  return new MeshctlError(
    'stopped-part-way',
    `step ${entry.id} stopped after ${made} of ${entry.changes.length} changes: ${cause.message}`,
    {
      try: [`meshctl rollback ${entry.id}`, 'meshctl history'],
      data: {
        ledgerId: entry.id,
        made,
        of: entry.changes.length,
        ...(cause instanceof MeshctlError ? {because: cause.code, details: cause.details.data} : {}),
      },
      cause,
    },
  )
}
