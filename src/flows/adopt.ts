import {applyToObjects} from '../changes/apply-to-objects.ts'
import {blastRadius} from '../changes/blast-radius.ts'
import type {Change, ChangeSet, Note, Phase} from '../changes/change-set.ts'
import {changesOf} from '../changes/change-set.ts'
import {diffChange} from '../changes/diff.ts'
import {MeshctlError} from '../cli/error.ts'
import {assessGrid} from '../stages/grid.ts'
import {stages} from '../stages/registry.ts'
import type {Answers, Capability, Stage, StageName} from '../stages/stage.ts'
import {isYesNo} from './ask.ts'
import {idAnswer, nameOf, objectAnswer, subjectAnswer} from './answers.ts'
import type {ObjectAnswer, SubjectAnswer} from './answers.ts'
import {commandLine} from './command-line.ts'
import {meshWideStrict} from './contrast.ts'
import type {Contrast} from './contrast.ts'
import type {Input} from './load-input.ts'
import {radiusAnswer} from './radius.ts'
import type {RadiusAnswer} from './radius.ts'
import {blockedAnswer, blockedError, reasonLines, select} from './targets.ts'
import type {Blocked, Selection} from './targets.ts'
import {writeStep} from './write-step.ts'
import type {Written} from './write-step.ts'

export interface Request {
  readonly capability: Capability
  readonly stage: StageName
  /** `[kind/][namespace/]name`; empty is all that are ready. */
  readonly targets: readonly string[]
  readonly allReady: boolean
  /** Answers as they were typed, by flag; what is missing takes its default. */
  readonly answers: Readonly<Record<string, string>>
}

export interface ChangeAnswer {
  readonly action: Change['action']
  readonly object: ObjectAnswer
  readonly reason: string
  readonly diff: string
}

export interface AdoptResult {
  readonly capability: Capability
  readonly stage: StageName
  readonly title: string
  readonly planned: readonly SubjectAnswer[]
  readonly done: readonly SubjectAnswer[]
  readonly blocked: readonly Blocked[]
  readonly changes: readonly ChangeAnswer[]
  readonly notes: readonly Note[]
  readonly blastRadius: RadiusAnswer
  /** Phases of the step that come after this one has arrived and holds. */
  readonly laterPhases: readonly string[]
  readonly contrast: Contrast | null
  /** Whether a cluster was changed. */
  readonly applied: boolean
  readonly written: Written | null
  readonly verified: 'proven' | 'refuted' | 'inconclusive' | null
  readonly ledgerId: string | null
  readonly reproduce: string
}

/** A step that is shown and can be taken: nothing has changed yet. */
export interface Plan {
  readonly result: AdoptResult
  /** The first phase of the step: what can be written now. */
  readonly set: ChangeSet
  /** The phases after it. */
  readonly later: readonly Phase[]
  readonly input: Input
}

/** Assess, choose, plan, and predict: refuses a step that would turn a call that works into one that fails. */
export function planAdoption(input: Input, request: Request): Plan {
  input.refuseProblems(input.problems)
  const stage = stages[request.capability][request.stage]
  const answers = readAnswers(stage, request.answers)
  const assessed = assessGrid(input.mesh, input.config, answers).filter(cell => cell.stage === stage)
  const selection = select(stage, assessed, {
    ...request,
    namespaces: input.namespaces,
    reproduce: input.reproduce,
  })
  if (stage.notPlannable !== null && selection.planned.length + selection.blocked.length > 0) {
    throw notPlannable(stage, selection, input)
  }
  if (selection.planned.length === 0 && selection.done.length === 0 && selection.blocked.length > 0) {
    throw blockedError(stage, selection.blocked)
  }
  const subjects = selection.planned.map(({subject}) => subject)
  const whole = subjects.length === 0 ? {phases: [], notes: []} : stage.plan(input.mesh, subjects, answers)
  const phases = whole.phases.filter(phase => phase.changes.length > 0)
  const set: ChangeSet = {phases: phases.slice(0, 1), notes: whole.notes}
  const radius = predict(input, set)
  if (radius.broken.length > 0) throw breaks(stage, radius)
  return {
    set,
    later: phases.slice(1),
    input,
    result: {
      capability: stage.capability,
      stage: stage.stage,
      title: stage.title,
      ...selectionAnswer(selection),
      changes: changesOf(set).map(changeAnswer),
      notes: set.notes,
      blastRadius: radius,
      laterPhases: phases.slice(1).map(phase => phase.title),
      contrast: stage.capability === 'mtls' ? meshWideStrict(input) : null,
      applied: false,
      written: null,
      verified: null,
      ledgerId: null,
      reproduce: reproduce(input, request, null),
    },
  }
}

/** Writes the planned step into files and says where. */
export async function writePlan(
  {set, later, input, result}: Plan,
  request: Request,
  dir: string,
): Promise<AdoptResult> {
  const command = reproduce(input, request, dir)
  const stage = stages[result.capability][result.stage]
  const written = await writeStep(set, {dir, from: input.from, stage, command, later})
  return {...result, written, ledgerId: written.ledgerId, reproduce: command}
}

function predict({mesh, objects, rebuild}: Input, set: ChangeSet): RadiusAnswer {
  if (changesOf(set).length === 0) return radiusAnswer(blastRadius(mesh, mesh))
  return radiusAnswer(blastRadius(mesh, rebuild(applyToObjects(objects, set))))
}

function selectionAnswer({
  planned,
  done,
  blocked,
}: Selection): Pick<AdoptResult, 'planned' | 'done' | 'blocked'> {
  return {
    planned: planned.map(({subject}) => subjectAnswer(subject)),
    done: done.map(({subject}) => subjectAnswer(subject)),
    blocked: blocked.map(blockedAnswer),
  }
}

function changeAnswer(change: Change): ChangeAnswer {
  const object = change.action === 'create' ? idAnswer(change.id) : objectAnswer(change.before)
  return {action: change.action, object, reason: change.reason, diff: diffChange(change)}
}

/** The typed answers as values; a flag that belongs to another stage is an error, not silently without effect. */
export function readAnswers(stage: Stage, typed: Request['answers']): Answers {
  const byFlag = new Map(Object.entries(stage.answers).map(([key, answer]) => [answer.flag, {key, answer}]))
  return Object.fromEntries(
    Object.entries(typed).map(([flag, value]) => {
      const found = byFlag.get(flag)
      if (found === undefined) throw foreignAnswer(stage, flag, [...byFlag.keys()])
      return [found.key, found.answer.parse(value)]
    }),
  )
}

function foreignAnswer({capability, stage}: Stage, flag: string, flags: readonly string[]): MeshctlError {
  return new MeshctlError('usage', `--${flag} is not a question of ${capability} ${stage}.`, {
    try: ['meshctl adopt --help'],
    found: `--${flag}`,
    validOptions: flags.map(name => `--${name}`),
  })
}

function notPlannable(stage: Stage, {planned, blocked}: Selection, input: Input): MeshctlError {
  const lines = reasonLines(blocked.map(blockedAnswer)).map(line => `\n  ${line}`)
  return new MeshctlError(
    'not-plannable',
    `${stage.capability} ${stage.stage}: ${stage.notPlannable ?? ''}.${lines.join('')}`,
    {
      try: [commandLine(['status', ...input.reproduce])],
      data: {
        capability: stage.capability,
        stage: stage.stage,
        ready: planned.map(({subject}) => subjectAnswer(subject)),
        blocked: blocked.map(blockedAnswer),
      },
    },
  )
}

function breaks({capability, stage}: Stage, radius: RadiusAnswer): MeshctlError {
  const edges = radius.broken.map(({client, server, after}) => {
    const from = nameOf({namespace: client.namespace, name: client.workload})
    return `${from} -> ${server.namespace}/${server.service}:${server.port} would fail: ${after.failure ?? 'no answer'} (${after.cause ?? 'unknown'})`
  })
  return new MeshctlError(
    'refused',
    `${capability} ${stage} would break calls that work; nothing was changed.\n  ${edges.join('\n  ')}`,
    {
      try: ['Leave those services out with --target.'],
      data: {capability, stage, blastRadius: radius},
    },
  )
}

function reproduce(input: Input, request: Request, dir: string | null): string {
  return commandLine([
    'adopt',
    request.capability,
    '--stage',
    request.stage,
    ...request.targets.flatMap(target => ['--target', target]),
    ...(request.allReady ? ['--all-ready'] : []),
    ...input.namespaces.flatMap(namespace => ['--namespace', namespace]),
    ...answerWords(request),
    ...input.reproduce,
    ...(dir === null ? [] : ['--write', dir]),
  ])
}

function answerWords({capability, stage, answers}: Request): readonly string[] {
  const bare = new Set(
    Object.values(stages[capability][stage].answers).flatMap(answer =>
      isYesNo(answer) ? [answer.flag] : [],
    ),
  )
  return Object.entries(answers).flatMap(([flag, value]) => {
    if (!bare.has(flag)) return [`--${flag}`, value]
    return value === 'true' ? [`--${flag}`] : []
  })
}
