import {readLedger} from '../changes/file-ledger.ts'
import type {LedgerEntry} from '../changes/ledger-entry.ts'
import {explainEntry, isOpen} from '../changes/live/entry.ts'
import type {LiveEntry, LiveState} from '../changes/live/entry.ts'
import {listEntries} from '../changes/live/ledger-store.ts'
import {idAnswer} from './answers.ts'
import type {ObjectAnswer} from './answers.ts'
import {loadClusterOnly} from './load-cluster.ts'
import type {ClusterFlags, LiveCluster} from './load-cluster.ts'
import {observationIn} from './observation-record.ts'

/** One step that was taken. */
export interface StepAnswer {
  readonly id: string
  readonly time: string
  readonly who: string
  readonly capability: string | null
  readonly stage: string | null
  readonly command: string
  readonly state: LiveState
  /** Whether it still waits for something. */
  readonly open: boolean
  /** How far it came, in a sentence. */
  readonly says: string
  /** The step that it takes back; null for all others. */
  readonly rollsBack: string | null
  readonly phase: LedgerEntry['phase']
  readonly changes: readonly {
    readonly action: 'create' | 'update' | 'delete'
    readonly object: ObjectAnswer
    readonly reason: string
  }[]
}

export interface HistoryResult {
  /** The kube-context, or null for directories. */
  readonly context: string | null
  readonly dirs: readonly string[]
  /** Newest first. */
  readonly steps: readonly StepAnswer[]
  /** Records that cannot be read, each with why. */
  readonly damaged: readonly {readonly place: string; readonly reason: string}[]
}

export interface HistoryFlags extends ClusterFlags {
  readonly from?: readonly string[] | undefined
}

/** What was done: by the ledger in the cluster, or in the directories that were written to. */
export async function history({from = [], ...flags}: HistoryFlags): Promise<HistoryResult> {
  if (from.length === 0) return await historyOf(await loadClusterOnly(flags))
  const ledgers = await Promise.all(from.map(dir => readLedger(dir)))
  return {
    context: null,
    dirs: from,
    steps: newestFirst(ledgers.flatMap(({entries}) => entries.map(fileAnswer))),
    damaged: ledgers.flatMap(({damaged}) => damaged.map(({file, reason}) => ({place: file, reason}))),
  }
}

async function historyOf({connection, live}: LiveCluster): Promise<HistoryResult> {
  const {entries, damaged} = await listEntries(live.api)
  return {
    context: connection.context,
    dirs: [],
    steps: newestFirst(entries.map(({entry}) => liveAnswer(entry))),
    damaged: damaged.map(({name, reason}) => ({place: name, reason})),
  }
}

function newestFirst(steps: readonly StepAnswer[]): readonly StepAnswer[] {
  return [...steps].sort((a, b) => (a.id < b.id ? 1 : -1))
}

function liveAnswer(entry: LiveEntry): StepAnswer {
  return {
    ...common(entry),
    state: entry.state,
    open: isOpen(entry),
    says: sayingOf(entry),
    rollsBack: entry.rollsBack,
  }
}

/** An access log for a while is not verified, but turned off. */
function sayingOf(entry: LiveEntry): string {
  const observation = observationIn(entry)
  if (observation === null || entry.rollsBack !== null || entry.state === 'rolled-back')
    return explainEntry(entry)
  const {observes, until} = observation
  return `It logs calls without mTLS at ${observes}, until ${until.toISOString()} at the latest; the next \`meshctl clients observe\` or \`adopt\` turns it off where it was left on.`
}

function fileAnswer(entry: LedgerEntry): StepAnswer {
  const {index, of, title} = entry.phase
  const says =
    of === 1 ? 'It was written into files.' : `Phase ${index + 1} of ${of} (${title}) was written into files.`
  return {...common(entry), state: entry.state, open: false, says, rollsBack: null}
}

function common(
  entry: Pick<LedgerEntry, 'id' | 'time' | 'who' | 'capability' | 'stage' | 'command' | 'phase' | 'changes'>,
): Omit<StepAnswer, 'state' | 'open' | 'says' | 'rollsBack'> {
  const {id, time, who, capability, stage, command, phase, changes} = entry
  return {
    id,
    time,
    who,
    capability,
    stage,
    command,
    phase,
    changes: changes.map(({action, object, reason}) => ({action, object: idAnswer(object), reason})),
  }
}
