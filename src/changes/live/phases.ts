import {objectKey} from '../../objects/identity.ts'
import {MeshctlError} from '../../cli/error.ts'
import {ApiError} from '../../cluster/api.ts'
import type {Applied, ApplyOptions} from './apply-options.ts'
import {withChange} from './entry.ts'
import type {LiveChange, LiveEntry} from './entry.ts'
import type {StoredEntry} from './ledger-store.ts'
import type {Live} from './live.ts'
import {makeChange} from './make-change.ts'
import {preflight} from './preflight.ts'
import type {Disturbed} from './preflight.ts'
import {waitForRollouts} from './rollouts.ts'
import type {Settled} from './rollouts.ts'

export interface Work {
  readonly stored: StoredEntry
  /** The changes with the values of Secrets, where they are known. */
  readonly secrets: readonly LiveChange[]
  /** The phase that was checked already. */
  readonly checked: number
  /** Writes down that all was made. */
  readonly finish: (stored: StoredEntry) => Promise<StoredEntry>
}

/** Makes what is still to be made, phase by phase; throws MeshctlError `stopped-part-way` where it cannot. */
export async function makePhases(live: Live, work: Work, options: ApplyOptions): Promise<Applied> {
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
    return {kind: 'applied', stored: await work.finish(stored)}
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

/** Looks at one phase, and has the server try it: gives the entry with what the server expects. */
export async function checkPhase(
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
