import {applyToObjects} from '../changes/apply-to-objects.ts'
import {blastRadius} from '../changes/blast-radius.ts'
import type {Change, ChangeSet, Note, Phase} from '../changes/change-set.ts'
import {changesOf} from '../changes/change-set.ts'
import {diffChange} from '../changes/diff.ts'
import {MeshctlError} from '../cli/error.ts'
import {describe, objectKey} from '../objects/identity.ts'
import type {KubeObject} from '../objects/object.ts'
import {readableChange} from '../changes/live/server-fields.ts'
import type {Gap, Mesh} from '../mesh/mesh.ts'
import {assessStage} from '../stages/grid.ts'
import {stages} from '../stages/registry.ts'
import type {Answers, Capability, Stage, StageName} from '../stages/stage.ts'
import {isYesNo} from './ask.ts'
import {idAnswer, nameOf, objectAnswer, subjectAnswer} from './answers.ts'
import type {ObjectAnswer, SubjectAnswer} from './answers.ts'
import {commandLine} from './command-line.ts'
import {asFiles} from './files-of-live.ts'
import {meshWideStrict} from './contrast.ts'
import type {Contrast} from './contrast.ts'
import type {Input} from './load-input.ts'
import type {ServerSeen} from './look-at-servers.ts'
import {radiusAnswer} from './radius.ts'
import type {RadiusAnswer} from './radius.ts'
import {blockedAnswer, blockedError, reasonLines, select} from './targets.ts'
import type {Blocked, Selection} from './targets.ts'
import {writeStep} from './write-step.ts'
import type {Written} from './write-step.ts'
import type {VerificationAnswer} from './verification.ts'

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
  /** What was seen at the servers before the step was planned. */
  readonly observed: readonly ServerSeen[]
  /** What could not be read. */
  readonly gaps: readonly Gap[]
  /** The kube-context of the cluster that the plan is for; null for files. */
  readonly context: string | null
  /** Whether a cluster was changed. */
  readonly applied: boolean
  /** Whether evidence contradicted the step, and it was taken back. */
  readonly rolledBack: boolean
  readonly written: Written | null
  readonly verified: 'proven' | 'refuted' | 'inconclusive' | null
  /** By what it was verified; null where nothing was applied. */
  readonly verification: VerificationAnswer | null
  readonly ledgerId: string | null
  readonly reproduce: string
}

/** A step that is shown and can be taken: nothing has changed yet. */
export interface Plan {
  readonly result: AdoptResult
  /** What can be done now: all phases in a cluster, the first in files. */
  readonly set: ChangeSet
  /** The phases after it. */
  readonly later: readonly Phase[]
  readonly input: Input
  readonly stage: Stage
  readonly answers: Answers
}

/**
 * Assess, choose, plan, and predict: refuses a step that would turn a call that works into one that fails. `whole` is
 * for who carries out one phase after another; else the plan is for the first.
 */
export function planAdoption(input: Input, request: Request, {whole: all = false} = {}): Plan {
  input.refuseProblems(input.problems)
  const stage = stages[request.capability][request.stage]
  const answers = readAnswers(stage, request.answers)
  const assessed = assessStage(input.mesh, input.config, stage, answers)
  const selection = select(stage, assessed, {
    ...request,
    namespaces: input.namespaces,
    reproduce: input.reproduce,
    live: input.cluster !== null,
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
  const now = all ? phases.length : 1
  const set: ChangeSet = {phases: phases.slice(0, now), notes: whole.notes}
  const radius = predictPhases(input, set)
  if (radius.broken.length > 0) throw breaks(`${stage.capability} ${stage.stage}`, radius)
  return {
    set,
    later: phases.slice(now),
    input,
    stage,
    answers,
    result: {
      capability: stage.capability,
      stage: stage.stage,
      title: stage.title,
      ...selectionAnswer(selection),
      changes: changesOf(set).map(changeAnswer),
      notes: set.notes,
      blastRadius: radius,
      laterPhases: phases.slice(now).map(phase => phase.title),
      contrast: stage.capability === 'mtls' ? meshWideStrict(input) : null,
      observed: input.observed,
      gaps: input.mesh.gaps,
      context: input.cluster?.connection.context ?? null,
      applied: false,
      rolledBack: false,
      written: null,
      verified: null,
      verification: null,
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
  refuseBase(input, set)
  const live = input.cluster !== null
  const command = reproduce(input, request, dir)
  const stage = stages[result.capability][result.stage]
  const files = live ? await asFiles(set, dir) : set
  const from = live ? [dir] : input.from
  const written = await writeStep(files, {dir, from, stage, command, later})
  return {...result, written, ledgerId: written.ledgerId, reproduce: command}
}

/** What a base shows is another's to change: it is there to be predicted with. */
function refuseBase({base, files}: Input, set: ChangeSet): void {
  if (base.length === 0) return
  const own = new Set(files)
  const foreign = changesOf(set).filter(
    change => change.action !== 'create' && !own.has(change.before.source?.file ?? ''),
  )
  if (foreign.length === 0) return
  throw new MeshctlError(
    'refused',
    `This step changes what only the base holds; nothing was written.\n  ${foreign.map(({id}) => describe(id)).join('\n  ')}`,
    {
      try: ['Add the manifests of these objects with --from.', 'Choose others with --target.'],
      data: {objects: foreign.map(({id}) => idAnswer(id))},
    },
  )
}

/** Pods that run say how their workload is; those of a workload that changes are replaced, and say nothing more. */
function withoutReplaced(mesh: Mesh, objects: readonly KubeObject[], set: ChangeSet): readonly KubeObject[] {
  const changed = new Set(changesOf(set).map(({id}) => objectKey(id)))
  const workloads = mesh.workloads.filter(({object}) => changed.has(objectKey(object.id)))
  const replaced = new Set(workloads.flatMap(({pods}) => pods.map(({id}) => objectKey(id))))
  return replaced.size === 0 ? objects : objects.filter(({id}) => !replaced.has(objectKey(id)))
}

/** What a change set does in the end, and what would break at any time on the way there. */
export function predictPhases({mesh, objects, rebuild}: Input, {phases}: ChangeSet): RadiusAnswer {
  const states = phases.map((_, index) => {
    const soFar = {phases: phases.slice(0, index + 1), notes: []}
    return rebuild(applyToObjects(withoutReplaced(mesh, objects, soFar), soFar))
  })
  const passing = states.slice(0, -1).map(state => blastRadius(mesh, state))
  const final = radiusAnswer(blastRadius(mesh, states.at(-1) ?? mesh))
  const broken = passing.flatMap(radius => radiusAnswer(radius).broken)
  return {...final, broken: [...final.broken, ...broken]}
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

export function changeAnswer(change: Change): ChangeAnswer {
  const object = change.action === 'create' ? idAnswer(change.id) : objectAnswer(change.before)
  const shown = change.action !== 'create' && change.before.source === null ? readableChange(change) : change
  return {action: change.action, object, reason: change.reason, diff: diffChange(shown)}
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

/** `what` is the step in a word or two. */
export function breaks(what: string, radius: RadiusAnswer): MeshctlError {
  const edges = radius.broken.map(({client, server, after}) => {
    const from = nameOf({namespace: client.namespace, name: client.workload})
    return `${from} -> ${server.namespace}/${server.service}:${server.port} would fail: ${after.failure ?? 'no answer'} (${after.cause ?? 'unknown'})`
  })
  return new MeshctlError(
    'refused',
    `${what} would break calls that work; nothing was changed.\n  ${[...new Set(edges)].join('\n  ')}`,
    {
      try: ['Leave those services out with --target.'],
      data: {blastRadius: radius},
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
