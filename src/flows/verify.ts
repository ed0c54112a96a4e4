import {closeEntry} from '../changes/live/apply.ts'
import {isOpen, isUnfinished} from '../changes/live/entry.ts'
import {listEntries} from '../changes/live/ledger-store.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import type {Verification} from '../changes/verify.ts'
import {ApiError} from '../cluster/api.ts'
import type {Gap} from '../mesh/mesh.ts'
import {assessStage} from '../stages/grid.ts'
import {stages} from '../stages/registry.ts'
import {capabilities, stageNames} from '../stages/stage.ts'
import type {Capability, StageName} from '../stages/stage.ts'
import {nameOf} from './answers.ts'
import {recordedSubjects} from './adopt-live.ts'
import type {Input} from './load-input.ts'
import {clusterOf} from './live-step.ts'
import {verificationAnswer, verifySteps} from './verification.ts'
import type {StepSubjects, VerificationAnswer} from './verification.ts'

export interface VerifiedStep extends VerificationAnswer {
  readonly capability: Capability
  readonly stage: StageName
  /** Whom it was looked at for. */
  readonly subjects: readonly string[]
  readonly verified: Verification['verified']
  /** The step of the ledger that was waiting for this; null for what is configured anyhow. */
  readonly ledgerId: string | null
}

export interface VerifyResult {
  readonly context: string
  readonly verified: Verification['verified']
  readonly steps: readonly VerifiedStep[]
  readonly gaps: readonly Gap[]
}

export interface VerifyRequest {
  readonly capability: Capability | undefined
  /** Milliseconds. */
  readonly window: number
}

interface Waiting {
  readonly subjects: StepSubjects
  readonly stored: StoredEntry | null
}

/** Whether what is configured is what happens. Steps of the ledger that wait for it are closed. */
export async function verify(input: Input, {capability, window}: VerifyRequest): Promise<VerifyResult> {
  const cluster = clusterOf(input)
  const open = await openSteps(input, capability)
  const waiting = [...open, ...configured(input, capability, open)]
  const found = await verifySteps(
    input,
    cluster,
    waiting.map(({subjects}) => subjects),
    {window},
  )
  const steps: VerifiedStep[] = []
  for (const [index, {subjects, stored}] of waiting.entries()) {
    const verification = found[index]
    if (verification === undefined || (verification.checks.length === 0 && stored === null)) continue
    const {verified} = verification
    const ledgerId = stored === null ? null : await close(input, stored, verified)
    const {stage, names} = subjects
    steps.push({
      capability: stage.capability,
      stage: stage.stage,
      subjects: names,
      verified,
      ledgerId,
      ...verificationAnswer(verification),
    })
  }
  const states = new Set(steps.map(({verified}) => verified))
  return {
    context: cluster.connection.context,
    verified: states.has('refuted')
      ? 'refuted'
      : states.has('inconclusive') || steps.length === 0
        ? 'inconclusive'
        : 'proven',
    steps,
    gaps: input.mesh.gaps,
  }
}

/** What is done by the mesh as it is, stage by stage. */
function configured(
  input: Input,
  capability: Capability | undefined,
  open: readonly Waiting[],
): readonly Waiting[] {
  const wanted = capabilities.filter(one => capability === undefined || one === capability)
  return wanted.flatMap(one =>
    stageNames.flatMap(name => {
      const stage = stages[one][name]
      const names = assessStage(input.mesh, input.config, stage)
        .filter(({assessment}) => assessment.state === 'done')
        .filter(
          ({subject: {namespace}}) =>
            input.namespaces.length === 0 || namespace === '' || input.namespaces.includes(namespace),
        )
        .map(({subject}) => nameOf(subject))
        .filter(
          named => !open.some(({subjects}) => subjects.stage === stage && subjects.names.includes(named)),
        )
      return names.length === 0 ? [] : [{subjects: {stage, answers: {}, names}, stored: null}]
    }),
  )
}

/** Steps that were applied and not verified. Who may not read the ledger still gets an answer on the mesh. */
async function openSteps(input: Input, capability: Capability | undefined): Promise<readonly Waiting[]> {
  const {entries} = await listEntries(clusterOf(input).live.api).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) return {entries: []}
    throw error
  })
  return entries
    .filter(({entry}) => isOpen(entry) && !isUnfinished(entry) && entry.rollsBack === null)
    .filter(({entry}) => capability === undefined || entry.capability === capability)
    .flatMap(stored => {
      const subjects = recordedSubjects(stored.entry)
      return subjects === null ? [] : [{subjects, stored}]
    })
}

async function close(input: Input, stored: StoredEntry, verified: Verification['verified']): Promise<string> {
  const state = verified === 'proven' ? 'verified' : verified
  await closeEntry(clusterOf(input).live, stored, state).catch((error: unknown) => {
    // The answer stands, written down or not.
    if (!(error instanceof ApiError) || error.status !== 403) throw error
  })
  return stored.entry.id
}
