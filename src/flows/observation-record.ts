import {hostname} from 'node:os'

import {listEntries} from '../changes/live/ledger-store.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import type {LiveEntry} from '../changes/live/entry.ts'
import {MeshctlError} from '../cli/error.ts'
import {ApiError} from '../cluster/api.ts'
import {number, text} from '../objects/json.ts'
import type {JsonObject} from '../objects/object.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Input} from './load-input.ts'
import {clusterOf} from './live-step.ts'
import {takeBack} from './take-back.ts'

/** What the ledger says of an access log that is on for a while: at whose proxies, until when, and who reads it. */
export interface ObservationRecord {
  readonly observes: string
  readonly until: Date
  readonly host: string
  readonly process: number
}

export function recordOf(observes: string, until: Date): JsonObject {
  return {observes, until: until.toISOString(), host: hostname(), process: process.pid}
}

/** Null for a step that is no observation. */
export function observationIn({answers}: Pick<LiveEntry, 'answers'>): ObservationRecord | null {
  const [observes, until] = [text(answers['observes']), Date.parse(text(answers['until']) ?? '')]
  if (observes === undefined || Number.isNaN(until)) return null
  return {
    observes,
    until: new Date(until),
    host: text(answers['host']) ?? '',
    process: number(answers['process']) ?? 0,
  }
}

/** Whether somebody may still be reading: not after its time, and not where its process is known to be gone. */
function mayBeRunning({until, host, process: pid}: ObservationRecord, now: Date): boolean {
  if (now > until) return false
  return host !== hostname() || isRunning(pid)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

interface LeftObservation {
  readonly stored: StoredEntry
  readonly record: ObservationRecord
}

async function openObservations(input: Input): Promise<readonly LeftObservation[]> {
  const {entries} = await listEntries(clusterOf(input).live.api).catch((error: unknown) => {
    // Who may not read the ledger has none to take back either.
    if (error instanceof ApiError && error.status === 403) return {entries: []}
    throw error
  })
  return entries.flatMap(stored => {
    const record = observationIn(stored.entry)
    const {rollsBack, state} = stored.entry
    return record === null || rollsBack !== null || state === 'rolled-back' ? [] : [{stored, record}]
  })
}

/**
 * Takes back what a run that was killed left on: it was consented to for its window only. One that may still be
 * running is left to itself. Gives what was found, in sentences.
 */
export async function endLeftObservations(input: Input, progress: Progress): Promise<readonly string[]> {
  const said: string[] = []
  for (const {stored, record} of await openObservations(input)) {
    const {id} = stored.entry
    if (mayBeRunning(record, new Date())) continue
    progress.start(`Turn off the access log that step ${id} left on`)
    await takeBack(input, stored, {
      carrying: {
        progress,
        signal: new AbortController().signal,
        forceConflicts: false,
        concerned: () => [],
        missing: new Set(),
      },
      command: `meshctl rollback ${id}`,
      overwriteLater: false,
    })
    const sentence = `Step ${id} turned on an access log at ${record.observes} and was cut short; it is off again`
    progress.done(sentence)
    said.push(sentence)
  }
  return said
}

/** Two at once would read each other's lines, and the first to end would turn off the log of both. */
export async function refuseRunning(input: Input, observes: string): Promise<void> {
  const running = (await openObservations(input)).find(
    ({record}) => record.observes === observes && mayBeRunning(record, new Date()),
  )
  if (running === undefined) return
  const {id} = running.stored.entry
  throw new MeshctlError(
    'refused',
    `${observes} is being observed already (step ${id}), until ${running.record.until.toISOString()} at the latest.`,
    {
      try: ['Run it again once that is over.', `meshctl rollback ${id} --yes  # end it now`],
      data: {ledgerId: id},
    },
  )
}
