import {MeshctlError} from '../cli/error.ts'
import {unknownName} from '../cli/suggest.ts'
import type {Assessment, Stage, Subject} from '../stages/stage.ts'
import {nameOf, reasonAnswer, subjectAnswer} from './answers.ts'
import type {ReasonAnswer, SubjectAnswer} from './answers.ts'
import {commandLine} from './command-line.ts'

export interface Assessed {
  readonly subject: Subject
  readonly assessment: Assessment
}

export interface Blocked {
  readonly subject: SubjectAnswer
  readonly reasons: readonly ReasonAnswer[]
}

/** Whom a step is for, among all that the stage assesses. */
export interface Selection {
  readonly planned: readonly Assessed[]
  readonly done: readonly Assessed[]
  /** Blocked, or not known to be safe. */
  readonly blocked: readonly Assessed[]
}

export interface Wanted {
  readonly targets: readonly string[]
  readonly namespaces: readonly string[]
  readonly allReady: boolean
  /** The input's flags, for the lines that say what to type. */
  readonly reproduce: readonly string[]
  /** In a cluster nothing is done to what was not named. */
  readonly live: boolean
}

/**
 * Chooses by `--target`, else all that are ready. What a user named and what is blocked is refused; what they did not
 * name may stay blocked. A step that restarts pods or injects faults is never taken for everything unasked.
 */
export function select(stage: Stage, assessed: readonly Assessed[], wanted: Wanted): Selection {
  const inReach = assessed.filter(({subject}) => within(subject, wanted.namespaces))
  if (wanted.targets.length === 0) {
    const selection = sort(inReach)
    if (
      (wanted.live ? stage.subject !== 'mesh' : needsNaming(stage)) &&
      !wanted.allReady &&
      wanted.namespaces.length === 0
    )
      throw unnamed(stage, selection, wanted)
    return selection
  }
  const named = wanted.targets.flatMap(target => find(target, inReach, stage, wanted))
  const stuck = named.filter(({assessment}) => assessment.state !== 'ready' && assessment.state !== 'done')
  if (stuck.length > 0) throw blockedError(stage, stuck)
  return sort([...new Set(named)])
}

function sort(assessed: readonly Assessed[]): Selection {
  const of = (...states: readonly Assessment['state'][]): readonly Assessed[] =>
    assessed.filter(({assessment}) => states.includes(assessment.state))
  return {planned: of('ready'), done: of('done'), blocked: of('blocked', 'unknown')}
}

function within({namespace}: Subject, namespaces: readonly string[]): boolean {
  return namespaces.length === 0 || namespace === '' || namespaces.includes(namespace)
}

function needsNaming({capability, stage}: Stage): boolean {
  return (capability === 'sidecars' && stage === 'walk') || (capability === 'resiliency' && stage === 'run')
}

/** `[kind/][namespace/]name`; a workload's kind may be `workload` or its own, `deployment`. */
function find(
  target: string,
  assessed: readonly Assessed[],
  stage: Stage,
  wanted: Wanted,
): readonly Assessed[] {
  const found = assessed.filter(({subject}) => matches(subject, target))
  const [first, second] = found
  if (first !== undefined && second === undefined) return found
  const next = [commandLine(['status', ...wanted.reproduce])]
  if (first === undefined) {
    const names = assessed.map(({subject}) => (target.includes('/') ? nameOf(subject) : subject.name))
    throw unknownName(stage.subject, target, [...new Set(names)], next)
  }
  throw new MeshctlError('usage', `There is more than one ${stage.subject} ${target}.`, {
    try: [`Name it with its namespace: --target ${nameOf(first.subject)}`],
    found: target,
    validOptions: found.map(({subject}) => nameOf(subject)),
  })
}

function matches(subject: Subject, target: string): boolean {
  const [name, second, third] = target.split('/').reverse()
  if (subject.name !== name) return false
  const kinds = [
    subject.kind,
    subject.kind === 'workload' ? subject.workload.kind.toLowerCase() : subject.kind,
  ]
  if (third !== undefined) return subject.namespace === second && kinds.includes(third.toLowerCase())
  return second === undefined || subject.namespace === second || kinds.includes(second.toLowerCase())
}

function unnamed(stage: Stage, {planned}: Selection, {reproduce}: Wanted): MeshctlError {
  const names = planned.map(({subject}) => nameOf(subject))
  const line = ['adopt', stage.capability, '--stage', stage.stage]
  return new MeshctlError(
    'missing-flag',
    `${stage.capability} ${stage.stage} has to be told for which ones: --target, -n or --all-ready.`,
    {
      try: [
        commandLine([...line, '--target', names[0] ?? 'NAMESPACE/NAME', ...reproduce]),
        commandLine([...line, '--all-ready', ...reproduce]),
      ],
      validOptions: names,
    },
  )
}

export function blockedError(stage: Stage, blocked: readonly Assessed[]): MeshctlError {
  const answers = blocked.map(blockedAnswer)
  const lines = reasonLines(answers)
  const unblock = answers.flatMap(({reasons}) => reasons.flatMap(reason => reason.unblock ?? []))
  const head = blocked.length === 1 ? 'blocked' : `blocked for all ${blocked.length}`
  return new MeshctlError(
    'refused',
    `${stage.capability} ${stage.stage} is ${head}; nothing was changed.\n  ${lines.join('\n  ')}`,
    {
      try: unblock.length > 0 ? [...new Set(unblock)] : [commandLine(['explain', '--all'])],
      data: {capability: stage.capability, stage: stage.stage, blocked: answers},
    },
  )
}

/** One line a reason, with all of whom it holds. */
export function reasonLines(blocked: readonly Blocked[]): readonly string[] {
  const names = new Map<string, string[]>()
  for (const {subject, reasons} of blocked) {
    for (const {message} of reasons) names.set(message, [...(names.get(message) ?? []), nameOf(subject)])
  }
  return [...names].map(([message, who]) => `${who.join(', ')}: ${message}`)
}

export function blockedAnswer({subject, assessment}: Assessed): Blocked {
  return {subject: subjectAnswer(subject), reasons: assessment.reasons.map(reasonAnswer)}
}
