import {MeshctlError} from '../cli/error.ts'
import {finishingFirst, Interrupted} from '../cli/signals.ts'
import type {Service} from '../mesh/mesh.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Prompts} from '../terminal/prompts.ts'
import {planLog, requireLogAccess, withLog} from './access-log.ts'
import type {LogPlan} from './access-log.ts'
import {changeAnswer} from './adopt.ts'
import type {ChangeAnswer} from './adopt.ts'
import type {DeclarationsWritten} from './client-declarations.ts'
import {commandLine} from './command-line.ts'
import {askConsent} from './consent.ts'
import {findService} from './explain.ts'
import {importCalls} from './import-clients.ts'
import type {RecordedCall} from './import-clients.ts'
import type {Input} from './load-input.ts'
import {clusterOf} from './live-step.ts'
import type {Observation} from './observation.ts'
import {nothingSeen, observedCalls} from './observation.ts'
import {endLeftObservations, refuseRunning} from './observation-record.ts'
import {countOnly, logState, readAsked, readExisting, rolesForReading, serverToWatch} from './watch-server.ts'
import type {Watched} from './watch-server.ts'

export interface ObserveRequest {
  /** `[namespace/]service` */
  readonly target: string
  /** Milliseconds. */
  readonly window: number
  readonly yes: boolean
  readonly confirm: string | undefined
  /** Writes what was seen into meshctl.yaml. */
  readonly import: boolean
  readonly cwd: string
}

/** The log that is asked for, before it is turned on. */
export interface ShownLog {
  readonly server: string
  readonly seconds: number
  readonly until: string
  readonly changes: readonly ChangeAnswer[]
  readonly risks: readonly string[]
}

export interface ObserveTalk {
  readonly show: (log: ShownLog) => void
  /** Null where nobody can be asked. */
  readonly prompts: Prompts | null
  readonly progress: Progress
}

export interface ObserveResult extends Observation {
  readonly context: string
  /** What was seen of clients that have a name, as `clients import` takes it. */
  readonly calls: readonly RecordedCall[]
  /** Declarations of meshctl.yaml that what was seen contradicts. */
  readonly contradictions: readonly string[]
  /** Why no more was seen, and how it would be; null where all was. */
  readonly hint: string | null
  /** The roles without which something stayed unseen, as YAML; null where nothing was forbidden. */
  readonly rbac: string | null
  /** Logs that earlier runs left on, and that are off by now. */
  readonly ended: readonly string[]
  /** The step of the ledger by which the log was turned on and off again; null where none was. */
  readonly ledgerId: string | null
  readonly imported: DeclarationsWritten | null
}

export interface Looked {
  readonly observation: Observation
  readonly hint: string | null
  readonly ledgerId: string | null
}

/** Who calls a server without the mesh's mTLS: by a log that is there, or, with consent, by one for a while. */
export async function observeClients(
  input: Input,
  request: ObserveRequest,
  talk: ObserveTalk,
): Promise<ObserveResult> {
  const {connection} = clusterOf(input)
  const service = findService(input.mesh, request.target, connection.namespace)
  const place = `${service.namespace}/${service.name}`
  const ended = await endLeftObservations(input, talk.progress)
  await refuseRunning(input, place)
  const {observation, hint, ledgerId} = await lookAt(
    input,
    service,
    {...request, patient: true, ask: true},
    talk,
  )
  await talk.progress.end()
  const calls = recorded(observation)
  return {
    ...observation,
    context: connection.context,
    calls,
    contradictions: contradictions(input, observation),
    hint,
    rbac: await rolesForReading(input, service.namespace, observation.missing),
    ended,
    ledgerId,
    imported: await offerImport(input, {calls, observation}, request, talk),
  }
}

export interface LookRequest {
  /** Milliseconds. */
  readonly window: number
  /** Waits for what of the window a log that is there does not cover yet. */
  readonly patient: boolean
  /** Whether a log may be asked for where there is none. */
  readonly ask: boolean
  readonly yes: boolean
  readonly confirm: string | undefined
}

/** Looks at one server in the best way that there is. */
export async function lookAt(
  input: Input,
  service: Service,
  request: LookRequest,
  talk: ObserveTalk,
): Promise<Looked> {
  const watched = await serverToWatch(input, service)
  const {window, patient} = request
  const state = logState(watched)
  if (state.kind === 'read' || state.kind === 'unknown') {
    const waits = patient && state.kind === 'read'
    const observation = await watching(talk, service, waits ? window : 0, async signal =>
      readExisting(input, watched, {window, patient: waits, signal}),
    )
    return {observation, hint: null, ledgerId: null}
  }
  if (state.kind === 'ask' && request.ask && (request.yes || talk.prompts !== null))
    return await lookWithLog(input, watched, request, talk)
  const hint = hintOf(service, state, window)
  if (!patient) return {observation: nothingSeen(service, [...watched.missing]), hint, ledgerId: null}
  const observation = await watching(talk, service, window, async signal =>
    countOnly(input, watched, {window, signal}),
  )
  return {observation, hint, ledgerId: null}
}

function hintOf(service: Service, state: ReturnType<typeof logState>, window: number): string {
  if (state.kind === 'unusable')
    return `its proxies write an access log of which ${state.because}; asking for another would stand in its place, so none was asked for`
  return `its proxies write no access log; with your consent one for ${window / 1000} s names the clients: meshctl clients observe --target ${service.namespace}/${service.name} --window ${window / 1000}s --yes`
}

async function watching<Value>(
  {progress}: ObserveTalk,
  {namespace, name}: Service,
  window: number,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const time = window === 0 ? '' : ` for ${window / 1000} s`
  progress.start(`Look at the calls to ${namespace}/${name}${time}`)
  return await finishingFirst(async signal => {
    const value = await work(signal)
    if (!signal.aborted) return value
    const reason: unknown = signal.reason
    throw reason instanceof Interrupted ? reason : new Interrupted()
  }).finally(() => progress.end())
}

async function lookWithLog(
  input: Input,
  watched: Watched,
  request: LookRequest,
  {show, prompts, progress}: ObserveTalk,
): Promise<Looked> {
  const {service, workloads, missing} = watched
  const {window} = request
  const plan = planLog(input, service, window)
  await requireLogAccess(input, plan)
  show(shownLog(plan, window))
  const command = commandLine([
    'clients',
    'observe',
    '--target',
    `${service.namespace}/${service.name}`,
    '--window',
    `${window / 1000}s`,
    ...input.reproduce,
  ])
  const nothing = {improved: [], changed: [], unchanged: 0, unknown: [], broken: []}
  const asked = {
    set: plan.set,
    radius: nothing,
    risks: plan.risks,
    name: `${service.namespace}/${service.name}`,
    reproduce: `${command} --yes`,
  }
  await askConsent(asked, {yes: request.yes, confirm: request.confirm, prompts})
  const {value, ledgerId} = await withLog(input, plan, {
    command,
    workloads,
    progress,
    missing,
    watch: async ({signal}) => {
      progress.start(`Log calls without mTLS for ${window / 1000} s`)
      return await readAsked(input, watched, {window, signal, filter: plan.filter})
    },
  })
  return {observation: value, hint: null, ledgerId}
}

function shownLog({service, set, until, risks}: LogPlan, window: number): ShownLog {
  return {
    server: `${service.namespace}/${service.name}`,
    seconds: window / 1000,
    until: until.toISOString(),
    changes: set.phases.flatMap(phase => phase.changes.map(changeAnswer)),
    risks,
  }
}

function recorded({clients}: Observation): readonly RecordedCall[] {
  return clients
    .filter(({requests, refused}) => requests > refused)
    .map(({client, server, requests, refused}) => ({
      client: `${client.namespace}/${client.workload}`,
      server: `${server.namespace}/${server.service}:${server.port}`,
      requests: requests - refused,
    }))
}

/** What somebody declared, and traffic denies. */
function contradictions(input: Input, observation: Observation): readonly string[] {
  const seen = input.rebuild(input.objects, observedCalls(observation))
  return seen
    .edges()
    .filter(edge => edge.seen !== null && edge.knownBy[0]?.object != null)
    .map(
      ({client, server, knownBy}) =>
        `${client.namespace}/${client.workload} -> ${server.service.namespace}/${server.service.name}:${server.port.port}: ${knownBy[0]?.text ?? ''}`,
    )
}

interface Importable {
  readonly calls: readonly RecordedCall[]
  readonly observation: Observation
}

async function offerImport(
  input: Input,
  {calls, observation}: Importable,
  request: ObserveRequest,
  {prompts}: ObserveTalk,
): Promise<DeclarationsWritten | null> {
  if (calls.length === 0) return null
  const file = input.config.file ?? 'meshctl.yaml'
  const wanted =
    request.import ||
    (prompts !== null &&
      (await prompts.confirm({message: `Write what was seen into ${file}?`, default: false})))
  if (!wanted) return null
  const {server, seconds} = observation
  const day = new Date().toISOString().slice(0, 10)
  const source = `at ${server.namespace}/${server.service} in ${seconds} s on ${day}`
  try {
    return await importCalls(input, calls, source, {cwd: request.cwd, dryRun: false, until: null})
  } catch (error) {
    // What was seen is told in any case: it took its time to see it.
    if (!(error instanceof MeshctlError) || request.import) throw error
    return null
  }
}
