import {MeshctlError} from '../cli/error.ts'
import {stages} from '../stages/registry.ts'
import type {Answer, Capability, StageName} from '../stages/stage.ts'
import type {Prompts} from '../terminal/prompts.ts'
import {isYesNo} from './ask.ts'
import {planAdoption, writePlan} from './adopt.ts'
import type {AdoptResult, Plan, Request} from './adopt.ts'
import {nameOf} from './answers.ts'
import {commandLine} from './command-line.ts'
import type {Input} from './load-input.ts'
import {stepsOf} from './next-steps.ts'
import type {Step} from './next-steps.ts'
import {cellsOf} from './status.ts'

export interface WizardTalk {
  readonly prompts: Prompts
  /** Shows the plan before consent is asked for. */
  readonly show: (plan: AdoptResult) => void
  /** Takes the step in the cluster, where the input is one: it shows the plan and asks for consent itself. */
  readonly apply: (request: Request) => Promise<AdoptResult>
}

/** What was chosen first: one step, or all ready ones of a stage. */
interface Chosen {
  readonly capability: Capability
  readonly stage: StageName
  readonly targets: readonly string[]
}

/** Choose a ready step, answer its questions, see the plan, consent, and name the directory: five screens at most. */
export async function wizard(input: Input, {prompts, show, apply}: WizardTalk): Promise<AdoptResult> {
  const chosen = await choose(input, prompts)
  const answers = await ask(stages[chosen.capability][chosen.stage].answers, prompts)
  const request: Request = {...chosen, allReady: chosen.targets.length === 0, answers}
  if (input.cluster !== null) return await apply(request)
  const plan = planAdoption(input, request)
  show(plan.result)
  return plan.result.changes.length === 0 ? plan.result : await consentAndWrite(plan, request, prompts)
}

async function choose(input: Input, prompts: Prompts): Promise<Chosen> {
  const steps = stepsOf(input.mesh, cellsOf(input), input.reproduce)
  if (steps.length === 0) throw nothingReady(input)
  return await prompts.select({
    message: 'Which step? The safest is first.',
    choices: [
      ...steps.map(step => ({name: stepName(step), value: chosenOf(step), description: step.why})),
      ...groups(steps),
    ],
  })
}

/** Where the safest stage is ready for several at once, that is one choice too, after the single ones. */
function groups(steps: readonly Step[]): readonly {name: string; value: Chosen; description: string}[] {
  const [first] = steps
  if (first === undefined) return []
  const same = steps.filter(({capability, stage}) => capability === first.capability && stage === first.stage)
  if (same.length < 2) return []
  const {capability, stage} = first
  const names = same.map(({subject}) => nameOf(subject)).join(', ')
  const value = {capability, stage, targets: same.map(({subject}) => nameOf(subject))}
  return [{name: `${capability} ${stage}: all ${same.length} that are ready`, value, description: names}]
}

function stepName({capability, stage, subject}: Step): string {
  return `${capability} ${stage}: ${nameOf(subject)}`
}

function chosenOf({capability, stage, subject}: Step): Chosen {
  return {capability, stage, targets: subject.kind === 'mesh' ? [] : [nameOf(subject)]}
}

async function ask(
  declared: Readonly<Record<string, Answer<unknown>>>,
  prompts: Prompts,
): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const answer of Object.values(declared)) {
    const proposed =
      answer.default === null || answer.default === undefined ? '' : answer.format(answer.default)
    const given = await askOne(answer, proposed, prompts)
    if (given !== proposed) answers[answer.flag] = given
  }
  return answers
}

async function askOne(answer: Answer<unknown>, proposed: string, prompts: Prompts): Promise<string> {
  if (isYesNo(answer))
    return String(await prompts.confirm({message: answer.ask, default: proposed === 'true'}))
  if (answer.options !== undefined) {
    const first = answer.options.filter(option => option === proposed)
    const rest = answer.options.filter(option => option !== proposed)
    return await prompts.select({
      message: answer.ask,
      choices: [...first, ...rest].map(value => ({name: value, value})),
    })
  }
  return await prompts.input({
    message: answer.ask,
    default: proposed,
    validate: value => fits(answer, value, proposed),
  })
}

function fits(answer: Answer<unknown>, value: string, proposed: string): true | string {
  if (value === proposed) return true
  try {
    answer.parse(value)
    return true
  } catch (error) {
    if (error instanceof MeshctlError) return `${error.message} ${error.details.try.join(' ')}`
    throw error
  }
}

async function consentAndWrite(plan: Plan, request: Request, prompts: Prompts): Promise<AdoptResult> {
  const count = plan.result.changes.length
  const wanted = await prompts.confirm({
    message: `Write ${count === 1 ? 'this change' : `these ${count} changes`} into files?`,
    default: false,
  })
  if (!wanted) {
    throw new MeshctlError('consent-not-given', 'Nothing was changed.', {try: [plan.result.reproduce]})
  }
  const dir = await prompts.input({
    message: 'Into which directory? A manifest that is in it is edited in place.',
    default: 'out',
    validate: value => value.trim() !== '' || 'Name a directory, for example out.',
  })
  return await writePlan(plan, request, dir.trim())
}

function nothingReady(input: Input): MeshctlError {
  return new MeshctlError('refused', 'No step is ready now.', {
    try: [commandLine(['status', ...input.reproduce])],
  })
}
