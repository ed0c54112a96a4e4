import {setTimeout as sleep} from 'node:timers/promises'

import {missingPermissions, requireAccess} from '../changes/live/access.ts'
import {applyChangeSet} from '../changes/live/apply.ts'
import type {Applied} from '../changes/live/apply.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import type {ChangeSet} from '../changes/change-set.ts'
import {MeshctlError} from '../cli/error.ts'
import {finishingFirst, Interrupted} from '../cli/signals.ts'
import type {Service, Workload} from '../mesh/mesh.ts'
import {isHttp} from '../mesh/protocols.ts'
import {idOf} from '../objects/identity.ts'
import {freeName} from '../stages/free-name.ts'
import {fill} from '../stages/template.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Input} from './load-input.ts'
import {applyOptions, clusterOf, finished} from './live-step.ts'
import {recordOf} from './observation-record.ts'
import {takeBack} from './take-back.ts'

/** An access log for one server's proxies that is on for a while, and what it costs. */
export interface LogPlan {
  readonly service: Service
  readonly set: ChangeSet
  readonly until: Date
  /** The expression by which proxies choose what they log. */
  readonly filter: string
  /** Why requests may fail because of it. */
  readonly risks: readonly string[]
}

/** Proxies may take a minute to take a change, and write what they log once a second. */
const settleAllowance = 120_000
const flush = 2_500

/**
 * Plans the log: only calls without the mesh's mTLS, and none after its time, so that even one that nobody takes away
 * writes nothing more. The proxy itself looks at the clock.
 */
export function planLog({mesh}: Pick<Input, 'mesh'>, service: Service, window: number): LogPlan {
  const until = new Date(Date.now() + window + settleAllowance)
  const stamp = until.toISOString().replace(/\.\d+Z$/, 'Z')
  const filter = `connection.mtls == false && request.time < timestamp("${stamp}")`
  const {value, yaml} = fill('observe/telemetry.yaml', {
    name: freeName(mesh, 'Telemetry', service.namespace, `meshctl-observe-${service.name}`, 'again'),
    namespace: service.namespace,
    service: service.name,
    labels: {...service.selector},
    until: stamp,
    expression: filter,
  })
  const id = idOf(value)
  if (id === undefined) throw new Error('the template of the access log names no object')
  const reason = `shows for ${window / 1000} s who calls ${service.namespace}/${service.name} without mTLS; it is taken away afterwards`
  return {
    service,
    set: {
      phases: [
        {title: 'Log calls without mTLS', changes: [{action: 'create', id, after: value, reason, yaml}]},
      ],
      notes: [],
    },
    until,
    filter,
    risks: risksOf(mesh.endpoints(service).flatMap(workload => mesh.servicesOf(workload))),
  }
}

/**
 * With a new log the listener's filter chains are new ones, and Envoy drains the old: requests over HTTP move on by
 * themselves, while connections that are open longer than the drain time (45 s) are closed. Seen so on the testbed.
 */
function risksOf(services: readonly Service[]): readonly string[] {
  const ports = new Map(
    services.flatMap(service =>
      service.ports
        .filter(({protocol}) => protocol !== 'UDP' && !isHttp(protocol))
        .map(port => [`${service.namespace}/${service.name}:${port.port}`, port.protocol] as const),
    ),
  )
  return [...ports].map(
    ([place, protocol]) =>
      `connections to ${place} (${protocol === 'Auto' ? 'of a protocol that is not declared' : protocol}) that stay open are closed 45 s after the log is turned on, and once more after it is turned off`,
  )
}

/** Throws where the log could not be turned on, read or turned off again. */
export async function requireLogAccess(input: Input, {set, service}: LogPlan): Promise<void> {
  const {live} = clusterOf(input)
  const namespace = service.namespace
  const reading = {verb: 'get', group: '', resource: 'pods/log', namespace}
  await requireAccess(live, set, false, await missingPermissions(live.api, [reading]))
}

export interface Watching<Value> {
  readonly command: string
  readonly workloads: readonly Workload[]
  readonly progress: Progress
  readonly missing: Set<string>
  /** Called once the log is on; what it gives is read before it is turned off. */
  readonly watch: (on: {readonly signal: AbortSignal}) => Promise<Value>
}

export interface Watched<Value> {
  readonly value: Value
  readonly ledgerId: string
}

/** Turns the log on, watches, and turns it off again whatever happens; a Ctrl-C ends the watching and not that. */
export async function withLog<Value>(
  input: Input,
  plan: LogPlan,
  watching: Watching<Value>,
): Promise<Watched<Value>> {
  const {progress, workloads, missing} = watching
  const names = new Set(workloads.map(({namespace, name}) => `${namespace}/${name}`))
  return await finishingFirst(async signal => {
    const carrying = {
      progress,
      signal,
      forceConflicts: false,
      concerned: (mesh: Input['mesh']) =>
        mesh.workloads.filter(({namespace, name}) => names.has(`${namespace}/${name}`)),
      missing,
    }
    progress.start('Check with the API server')
    const observes = `${plan.service.namespace}/${plan.service.name}`
    const applied = await applyChangeSet(
      clusterOf(input).live,
      plan.set,
      {
        command: watching.command,
        capability: null,
        stage: null,
        answers: recordOf(observes, plan.until),
      },
      applyOptions(input, carrying),
    )
    if (applied.stored === null) throw overtaken(observes)
    return await turnedOff(input, applied, carrying, async () => {
      const value = await watching.watch({signal})
      if (signal.aborted) throw interrupted(signal)
      return {value, ledgerId: applied.stored?.entry.id ?? ''}
    })
  }).finally(() => progress.end())
}

async function turnedOff<Value>(
  input: Input,
  applied: Exclude<Applied, {readonly stored: null}>,
  carrying: Parameters<typeof takeBack>[2]['carrying'],
  work: () => Promise<Value>,
): Promise<Value> {
  const stored = applied.stored
  if (stored === null) throw new Error('nothing was recorded')
  let value: Value
  try {
    if (applied.kind === 'interrupted') throw interrupted(carrying.signal)
    finished(applied)
    value = await work()
  } catch (error) {
    await off(input, stored, carrying)
    if (error instanceof MeshctlError && error.code === 'stopped-part-way')
      throw new MeshctlError('refused', `${error.message} It was taken back.`, {
        try: ['Run it again.', 'istioctl proxy-status'],
        cause: error,
      })
    throw error
  }
  await off(input, stored, carrying)
  return value
}

/** With a signal of its own: the one of the work may be what ended it. */
async function off(
  input: Input,
  stored: StoredEntry,
  carrying: Parameters<typeof takeBack>[2]['carrying'],
): Promise<void> {
  const {id} = stored.entry
  await takeBack(input, stored, {
    carrying: {...carrying, signal: new AbortController().signal},
    command: `meshctl rollback ${id}`,
    overwriteLater: false,
  })
  carrying.progress.done('The access log is off again')
}

/** What the proxies have not written out yet is waited for. */
export async function untilFlushed(): Promise<void> {
  await sleep(flush)
}

function interrupted(signal: AbortSignal): Interrupted {
  const reason: unknown = signal.reason
  return new Interrupted(
    'Interrupted. The access log is off again, and nothing else was changed.',
    reason instanceof Interrupted ? reason.exitCode : 130,
  )
}

function overtaken(observes: string): MeshctlError {
  return new MeshctlError('refused', 'Objects changed while they were looked at; nothing was changed.', {
    try: [`meshctl clients observe --target ${observes}`],
  })
}
