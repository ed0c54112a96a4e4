import {planEntry, readLedger} from './file-ledger.ts'
import {entryOf, nextId} from './ledger-entry.ts'
import type {LedgerEntry, Step} from './ledger-entry.ts'
import {planWrite} from './write.ts'
import type {Place, WritePlan} from './write.ts'

export interface StepPlan extends WritePlan {
  /** What the ledger will say; null where no file changes, for then nothing is recorded. */
  readonly entry: LedgerEntry | null
}

/**
 * What writing one phase of a step into files comes to, its entry in the ledger among them, so that both are written or
 * none. Writes nothing; `writeFiles` does.
 */
export async function planStep(step: Omit<Step, 'id'>, place: Place): Promise<StepPlan> {
  const phase = step.set.phases[step.phase]
  const plan = await planWrite({phases: phase === undefined ? [] : [phase]}, place)
  if (plan.files.length === 0) return {...plan, entry: null}
  const {entries} = await readLedger(place.dir)
  const known = entries.map(({id}) => id)
  const entry = entryOf({...step, id: nextId(step.time, known)})
  if (entry === null) return {...plan, entry}
  return {...plan, files: [...plan.files, await planEntry(entry, place.dir)], entry}
}
