import type {ChangeSet} from '../changes/change-set.ts'
import {applyRollback} from '../changes/live/apply.ts'
import {withSecrets} from '../changes/live/before-image.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import {liveObjectsOf} from '../changes/live/resume.ts'
import {describeChangedLater, planRollback} from '../changes/live/rollback.ts'
import {MeshctlError} from '../cli/error.ts'
import type {Input} from './load-input.ts'
import {applyOptions, clusterOf, finished} from './live-step.ts'
import type {Carrying} from './live-step.ts'

export interface TakingBack {
  readonly carrying: Carrying
  readonly command: string
  /** Also what others changed since. */
  readonly overwriteLater: boolean
}

/** The change set that puts back what was before a step; refuses to trample on what others did since. */
export async function wayBack(
  input: Input,
  {entry}: StoredEntry,
  {overwriteLater}: Pick<TakingBack, 'overwriteLater'>,
): Promise<ChangeSet> {
  const {live} = clusterOf(input)
  const whole = await withSecrets(live.api, entry)
  const plan = planRollback(whole, await liveObjectsOf(live, whole), {overwriteLater})
  if (plan.kind === 'plan') return {phases: plan.set.phases, notes: []}
  throw new MeshctlError(
    'refused',
    `Others changed objects after step ${entry.id}; nothing was changed.\n  ${plan.objects.map(describeChangedLater).join('\n  ')}`,
    {
      try: [
        `meshctl rollback ${entry.id} --overwrite-later  # puts back what was before, and loses their changes`,
      ],
      data: {ledgerId: entry.id, changedLater: plan.objects},
    },
  )
}

/** Puts back what was before a step; gives the id under which that is recorded. */
export async function takeBack(input: Input, stored: StoredEntry, taking: TakingBack): Promise<string> {
  return await carryBack(input, stored, await wayBack(input, stored, taking), taking)
}

export async function carryBack(
  input: Input,
  {entry}: StoredEntry,
  set: ChangeSet,
  {carrying, command}: TakingBack,
): Promise<string> {
  const {capability, stage, answers, id} = entry
  carrying.progress.start(`Take back ${id}`)
  const applied = await applyRollback(
    clusterOf(input).live,
    set,
    {command, capability, stage, answers, rollsBack: id},
    applyOptions(input, carrying),
  )
  if (applied.stored === null)
    throw new MeshctlError('refused', 'Objects changed while they were looked at; nothing was changed.', {
      try: [command],
    })
  return finished(applied).entry.id
}
