import {missingPermissions, requireAccess, rulesToGrant, whoAmI} from '../changes/live/access.ts'
import type {Permission} from '../changes/live/access.ts'
import {applyChangeSet, closeEntry, continueEntry} from '../changes/live/apply.ts'
import type {StepFacts} from '../changes/live/apply.ts'
import {explainEntry, isUnfinished, plannedEntry} from '../changes/live/entry.ts'
import {findEntry, latestUnfinished, listEntries} from '../changes/live/ledger-store.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import {checkPhase} from '../changes/live/phases.ts'
import {refuseManaged} from '../changes/live/preflight.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import {MeshctlError} from '../cli/error.ts'
import {finishingFirst} from '../cli/signals.ts'
import {ApiError} from '../cluster/api.ts'
import {isRecord, list, text} from '../objects/json.ts'
import {describe} from '../objects/identity.ts'
import type {JsonObject} from '../objects/object.ts'
import {stages} from '../stages/registry.ts'
import {capabilities, stageNames} from '../stages/stage.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Prompts} from '../terminal/prompts.ts'
import {planAdoption, readAnswers} from './adopt.ts'
import type {AdoptResult, Plan, Request} from './adopt.ts'
import {idAnswer, nameOf} from './answers.ts'
import {askConsent} from './consent.ts'
import type {Input} from './load-input.ts'
import {endLeftLogs, lookAtServers} from './look-at-servers.ts'
import {observationIn} from './observation-record.ts'
import type {ShownLog} from './observe-clients.ts'
import {applyOptions, clusterOf, finished, waysOn} from './live-step.ts'
import type {Carrying} from './live-step.ts'
import {takeBack} from './take-back.ts'
import {verificationAnswer, verifySteps, workloadsOf} from './verification.ts'
import type {StepSubjects} from './verification.ts'

export interface LiveOptions {
  readonly yes: boolean
  readonly confirm: string | undefined
  readonly forceConflicts: boolean
  /** Leaves a step that evidence contradicts. */
  readonly keep: boolean
  /** Milliseconds for which traffic is looked at. */
  readonly window: number
  /** Milliseconds for which the servers' calls are logged before they demand mTLS; null where only what is there is read. */
  readonly observe: number | null
}

export interface LiveTalk {
  /** Shows the plan before consent is asked for. */
  readonly show: (plan: AdoptResult) => void
  /** Shows an access log before consent to it is asked for. */
  readonly showLog: (log: ShownLog) => void
  /** Null where nobody can be asked. */
  readonly prompts: Prompts | null
  readonly progress: Progress
}

const mostPlans = 3

/** Plan, show, ask, apply, verify, record; what evidence contradicts is taken back. */
export async function adoptLive(
  found: Input,
  request: Request,
  options: LiveOptions,
  talk: LiveTalk,
): Promise<AdoptResult> {
  await endLeftLogs(found, talk)
  await refuseUnfinished(found)
  await refuseUnread(found)
  const input = await lookAtServers(found, request, options, {...talk, show: talk.showLog})
  let plan = planAdoption(input, request, {whole: true})
  for (let round = 1; ; round += 1) {
    talk.show(plan.result)
    if (plan.result.changes.length === 0) return plan.result
    await requireAccess(clusterOf(input).live, plan.set)
    refuseManaged(plan.set)
    await askConsent(askedOf(plan), {...options, prompts: talk.prompts})
    const result = await carryOut(plan, request, options, talk)
    if (result !== null) return result
    if (round >= mostPlans) throw keepsChanging(plan)
    plan = planAdoption(await input.reload(), request, {whole: true})
  }
}

/** Has the API server check every change, and makes none. */
export async function tryOnServer(input: Input, request: Request, forceConflicts: boolean): Promise<Plan> {
  const plan = planAdoption(input, request, {whole: true})
  const {live, connection} = clusterOf(input)
  await requireAccess(live, plan.set)
  refuseManaged(plan.set)
  const step = {
    ...factsOf(plan, request),
    id: 'dry-run',
    time: new Date(),
    who: '',
    context: connection.context,
  }
  const entry = plannedEntry({...step, rollsBack: null}, plan.set)
  for (const phase of entry.phases.keys()) {
    const checked = await checkPhase(live, entry, phase, {forceConflicts})
    if (checked.kind === 'changed-meanwhile') throw keepsChanging(plan)
  }
  return plan
}

/** Null where objects changed since they were read, and nothing was done. */
async function carryOut(
  plan: Plan,
  request: Request,
  options: LiveOptions,
  {progress}: LiveTalk,
): Promise<AdoptResult | null> {
  const {input} = plan
  const subjects = subjectsOfPlan(plan)
  return await finishingFirst(async signal => {
    const carrying = carryingOf(subjects, {progress, signal, options})
    progress.start('Check with the API server')
    const applied = await applyChangeSet(
      clusterOf(input).live,
      plan.set,
      factsOf(plan, request),
      applyOptions(input, carrying),
    )
    if (applied.stored === null) {
      progress.fail('Objects changed since they were read')
      return null
    }
    const stored = finished(applied)
    return await conclude(plan.result, stored, subjects, {input, options, carrying})
  }).finally(() => progress.end())
}

interface Concluding {
  readonly input: Input
  readonly options: LiveOptions
  readonly carrying: Carrying
}

/** Looks whether what was applied is what happens, writes that down, and takes back what is contradicted. */
async function conclude(
  result: AdoptResult,
  stored: StoredEntry,
  subjects: StepSubjects,
  {input, options, carrying}: Concluding,
): Promise<AdoptResult> {
  const {progress, signal, missing} = carrying
  const {id} = stored.entry
  const cluster = clusterOf(input)
  progress.start(`Look at the traffic for ${options.window / 1000} s`)
  const found = await verifySteps(await input.reload(), cluster, [subjects], {
    window: options.window,
    signal,
  }).catch((error: unknown) => {
    if (signal.aborted) throw unverified(id)
    throw error
  })
  const [verification] = found
  if (verification === undefined) throw new Error('one step gives one verification')
  const answer = {...verificationAnswer(verification), missing: [...missing, ...verification.missing]}
  const {verified} = verification
  const closed = await closeEntry(cluster.live, stored, verified === 'proven' ? 'verified' : verified)
  const told = {...result, applied: true, verified, verification: answer, ledgerId: id}
  if (verified !== 'refuted') {
    progress.done(
      verified === 'proven'
        ? 'Proven by what the proxies have and do'
        : 'Applied; too little was seen to prove it',
    )
    return told
  }
  progress.fail('Contradicted by what the proxies have or do')
  if (options.keep) return told
  await takeBack(input, closed, {carrying, command: `meshctl rollback ${id}`, overwriteLater: false})
  return {...told, rolledBack: true}
}

/** Goes on with a step that was cut short, or verifies one that was not. */
export async function resumeAdoption(
  input: Input,
  id: string,
  options: LiveOptions,
  {prompts, progress}: LiveTalk,
): Promise<AdoptResult> {
  const {live} = clusterOf(input)
  const stored = await findEntry(live.api, id)
  const {entry} = stored
  if (observationIn(entry) !== null)
    throw new MeshctlError('refused', `Step ${id} is an access log for a while; it is not gone on with.`, {
      try: [`meshctl rollback ${id} --yes  # turn it off`],
    })
  if (!isUnfinished(entry) && entry.state !== 'applied')
    throw new MeshctlError(
      'refused',
      `There is nothing to go on with in step ${id}. ${explainEntry(entry)}`,
      {
        try: ['meshctl history', 'meshctl verify'],
      },
    )
  const set = {phases: [], notes: []}
  const radius = {improved: [], changed: [], unchanged: 0, unknown: [], broken: []}
  const reproduce = `meshctl adopt --resume ${id} --yes`
  await askConsent({set, radius, name: id, reproduce}, {...options, prompts})
  const subjects = recordedSubjects(entry)
  const result = resultOfEntry(stored, input, reproduce)
  return await finishingFirst(async signal => {
    const carrying = carryingOf(subjects, {progress, signal, options})
    progress.start(`Go on with ${id}`)
    const done =
      entry.state === 'applied'
        ? stored
        : finished(await continueEntry(live, stored, applyOptions(input, carrying)))
    if (entry.rollsBack !== null || subjects === null) return {...result, applied: true, ledgerId: id}
    return await conclude(result, done, subjects, {input, options, carrying})
  }).finally(() => progress.end())
}

function carryingOf(
  subjects: StepSubjects | null,
  {
    progress,
    signal,
    options,
  }: {readonly progress: Progress; readonly signal: AbortSignal; readonly options: LiveOptions},
): Carrying {
  return {
    progress,
    signal,
    forceConflicts: options.forceConflicts,
    concerned: mesh => (subjects === null ? [] : workloadsOf({mesh}, subjects)),
    missing: new Set(),
  }
}

function subjectsOfPlan({stage, answers, result}: Plan): StepSubjects {
  return {stage, answers, names: result.planned.map(nameOf)}
}

/** Whom a recorded step was for, as `factsOf` wrote it down. */
export function recordedSubjects(entry: {
  readonly capability: string | null
  readonly stage: string | null
  readonly answers: JsonObject
}): StepSubjects | null {
  const capability = capabilities.find(one => one === entry.capability)
  const name = stageNames.find(one => one === entry.stage)
  if (capability === undefined || name === undefined) return null
  const stage = stages[capability][name]
  const {targets, ...typed} = entry.answers
  const answers = Object.fromEntries(
    Object.entries(isRecord(typed) ? typed : {}).flatMap(([key, value]) =>
      text(value) === undefined ? [] : [[key, text(value) ?? '']],
    ),
  )
  return {stage, answers: readAnswers(stage, answers), names: list(targets).flatMap(one => text(one) ?? [])}
}

function factsOf({result}: Plan, request: Request): StepFacts {
  return {
    command: result.reproduce,
    capability: result.capability,
    stage: result.stage,
    answers: {...request.answers, targets: result.planned.map(nameOf)},
  }
}

function askedOf({set, result, input}: Plan): Parameters<typeof askConsent>[0] {
  const [only, ...others] = result.planned
  const name = only !== undefined && others.length === 0 ? nameOf(only) : clusterOf(input).connection.context
  return {set, radius: result.blastRadius, name, reproduce: `${result.reproduce} --yes`}
}

/** Nothing else should be done before a step that was cut short is dealt with. */
async function refuseUnfinished(input: Input): Promise<void> {
  const found = await listEntries(clusterOf(input).live.api)
    .then(latestUnfinished)
    .catch((error: unknown) => {
      // Who may not read the ledger may not write to it either: that is told with all else that is missing.
      if (error instanceof ApiError && error.status === 403) return null
      throw error
    })
  if (found === null) return
  const {entry} = found
  throw new MeshctlError('refused', `Step ${entry.id} was cut short. ${explainEntry(entry)}`, {
    try: waysOn(entry.rollsBack ?? entry.id, entry.id),
    data: {ledgerId: entry.id, state: entry.state},
  })
}

/** A plan on a part of the mesh could break what it does not see. */
async function refuseUnread({mesh, cluster}: Input): Promise<void> {
  const unread = mesh.gaps.filter(({reason}) => !reason.includes('CRD'))
  if (cluster === null || unread.length === 0) return
  const {api, resources} = cluster.live
  const wanted = [...resources.entries()].flatMap(([key, {kind, plural}]): readonly Permission[] =>
    unread.some(gap => gap.kind === kind)
      ? [{verb: 'list', group: key.slice(0, key.indexOf('/')), resource: plural, namespace: ''}]
      : [],
  )
  const missing = await missingPermissions(api, wanted)
  const rbac = rulesToGrant(missing, await whoAmI(api))
    .map(toYaml)
    .join('---\n')
  const lines = unread.map(({kind, reason}) => `${kind}: ${reason}`)
  throw new MeshctlError(
    'forbidden',
    `Not everything could be read, so nothing is planned on it.\n  ${lines.join('\n  ')}`,
    {
      try:
        rbac === ''
          ? ['meshctl status']
          : [`Have an administrator apply this (kubectl apply -f -):\n${rbac}`],
      data: {gaps: unread, missing, rbac},
    },
  )
}

function resultOfEntry({entry}: StoredEntry, input: Input, reproduce: string): AdoptResult {
  const subjects = recordedSubjects(entry)
  const stage = subjects?.stage ?? stages.sidecars.walk
  return {
    capability: stage.capability,
    stage: stage.stage,
    title: stage.title,
    planned: (subjects?.names ?? []).map(name => {
      const [namespace = '', rest] = name.split('/')
      return {kind: stage.subject, namespace: rest === undefined ? '' : namespace, name: rest ?? namespace}
    }),
    done: [],
    blocked: [],
    changes: entry.changes.map(({action, object, reason}) => ({
      action,
      object: idAnswer(object),
      reason,
      diff: '',
    })),
    notes: [],
    blastRadius: {improved: [], changed: [], unchanged: 0, unknown: [], broken: []},
    laterPhases: [],
    contrast: null,
    observed: [],
    gaps: input.mesh.gaps,
    context: clusterOf(input).connection.context,
    applied: false,
    rolledBack: false,
    written: null,
    verified: null,
    verification: null,
    ledgerId: entry.id,
    reproduce,
  }
}

function unverified(id: string): Error {
  return new MeshctlError(
    'stopped-part-way',
    `Step ${id} was applied; it was interrupted before it was verified.`,
    {
      try: [
        `meshctl adopt --resume ${id} --yes  # verify it`,
        `meshctl rollback ${id} --yes  # take it back`,
      ],
      data: {ledgerId: id},
    },
  )
}

function keepsChanging({set}: Plan): MeshctlError {
  const objects = set.phases.flatMap(phase => phase.changes.map(({id}) => describe(id)))
  return new MeshctlError('refused', `Others keep changing the objects of this step; nothing was changed.`, {
    try: ['Run it again once they are done.'],
    data: {objects},
  })
}
