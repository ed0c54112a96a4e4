import {verifyExpectations, workloadsToAsk} from '../changes/verify.ts'
import type {Check, Verification} from '../changes/verify.ts'
import {concernedWorkloads, gatherEvidence} from '../evidence/gather.ts'
import {subjectsOf} from '../stages/grid.ts'
import type {Answers, Expectation, Stage, Subject} from '../stages/stage.ts'
import {nameOf} from './answers.ts'
import type {Input} from './load-input.ts'
import type {LiveCluster} from './load-cluster.ts'

/** What the live mesh showed of a step. */
export interface VerificationAnswer {
  readonly checks: readonly CheckAnswer[]
  /** How long was looked. */
  readonly seconds: number
  readonly requests: number
  /** Sources that could not be asked, each with why. */
  readonly missing: readonly string[]
}

export interface CheckAnswer {
  /** What was expected, in a few words. */
  readonly expected: string
  readonly state: Check['state']
  readonly evidence: readonly string[]
}

/** Whom a step is for, as a name that stays while objects change. */
export interface StepSubjects {
  readonly stage: Stage
  readonly answers: Answers
  /** `namespace/name`; `mesh` for the mesh. */
  readonly names: readonly string[]
}

/** What has to hold, by the mesh as it is now. */
export function expectationsOf(
  {mesh}: Pick<Input, 'mesh'>,
  {stage, answers, names}: StepSubjects,
): readonly Expectation[] {
  return stage.expect(mesh, subjectsNamed({mesh}, stage, names), answers)
}

function subjectsNamed(
  {mesh}: Pick<Input, 'mesh'>,
  stage: Stage,
  names: readonly string[],
): readonly Subject[] {
  const wanted = new Set(names)
  return subjectsOf(mesh, stage).filter(subject => wanted.has(nameOf(subject)))
}

/** The workloads whose proxies show whether a step has arrived. */
export function workloadsOf(
  input: Pick<Input, 'mesh'>,
  step: StepSubjects,
): ReturnType<typeof concernedWorkloads> {
  return concernedWorkloads(input.mesh, workloadsToAsk(input.mesh, expectationsOf(input, step)))
}

export interface VerifyOptions {
  /** Milliseconds. */
  readonly window: number
  readonly signal?: AbortSignal
}

/** Holds what was expected against what the proxies have, and what goes through them in the window. */
export async function verifySteps(
  {mesh}: Pick<Input, 'mesh'>,
  {connection}: LiveCluster,
  steps: readonly StepSubjects[],
  options: VerifyOptions,
): Promise<readonly Verification[]> {
  const expected = steps.map(step => expectationsOf({mesh}, step))
  const concerned = concernedWorkloads(mesh, workloadsToAsk(mesh, expected.flat()))
  const evidence = await gatherEvidence(connection, concerned, options)
  return expected.map(one => verifyExpectations(mesh, one, evidence))
}

export function verificationAnswer({checks, seconds, requests, missing}: Verification): VerificationAnswer {
  return {
    checks: checks.map(({expectation, state, evidence}) => ({
      expected: inWords(expectation),
      state,
      evidence,
    })),
    seconds,
    requests,
    missing,
  }
}

export function inWords(expectation: Expectation): string {
  switch (expectation.check) {
    case 'object-exists':
      return `${expectation.kind} ${expectation.namespace}/${expectation.name} is there`
    case 'injected':
      return `${expectation.namespace}/${expectation.workload} has a sidecar`
    case 'server-mode':
      return `${expectation.namespace}/${expectation.workload} is ${expectation.mode} on port ${expectation.port}`
    case 'edge-transport':
      return `${expectation.client} calls ${expectation.server} over ${expectation.transport}`
    case 'route-timeout':
      return `${expectation.client} waits for ${expectation.server} at most ${expectation.timeout}`
    case 'outlier-detection':
      return `${expectation.client} leaves failing endpoints of ${expectation.server} out`
    case 'tracing-provider':
      return `${expectation.namespace}/${expectation.workload} sends spans to ${expectation.provider}`
  }
}
