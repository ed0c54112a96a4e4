import {missingPermissions, rulesToGrant, whoAmI} from '../changes/live/access.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import {MeshctlError} from '../cli/error.ts'
import {countRequests, readCalls, readServerProxies, wait} from '../evidence/observe.ts'
import type {PodCalls, ServerProxy} from '../evidence/observe.ts'
import type {Service, Workload} from '../mesh/mesh.ts'
import type {KubeObject} from '../objects/object.ts'
import {untilFlushed} from './access-log.ts'
import type {Input} from './load-input.ts'
import {clusterOf} from './live-step.ts'
import {observationOf} from './observation.ts'
import type {Observation} from './observation.ts'
import {placesIn, placesNow} from './places.ts'

/** A server of which calls can be seen. */
export interface Watched {
  readonly service: Service
  readonly workloads: readonly Workload[]
  readonly proxies: readonly ServerProxy[]
  readonly missing: Set<string>
}

/** Asks the server's proxies how they log; throws where it has none. */
export async function serverToWatch(input: Input, service: Service): Promise<Watched> {
  const {mesh} = input
  const workloads = mesh.endpoints(service).filter(one => mesh.injection(one).inMesh !== false)
  const missing = new Set<string>()
  const proxies = await readServerProxies(clusterOf(input).live.api, workloads, missing)
  if (proxies.length === 0) throw withoutProxy(service)
  return {service, workloads, proxies, missing}
}

/**
 * - read: every proxy writes a log that can be read
 * - ask: none writes any, so that one can be asked for
 * - unusable: one is written that tells too little, and another would stand in its place
 * - unknown: how the proxies log may not be asked
 */
export type LogState =
  {readonly kind: 'read' | 'ask' | 'unknown'} | {readonly kind: 'unusable'; readonly because: string}

export function logState({proxies}: Pick<Watched, 'proxies'>): LogState {
  const logs = proxies.map(({log}) => log)
  const unusable = logs.find(log => log?.kind === 'unusable')
  if (unusable?.kind === 'unusable') return unusable
  if (logs.some(log => log === null)) return {kind: 'unknown'}
  if (logs.every(log => log?.kind === 'readable')) return {kind: 'read'}
  return logs.every(log => log?.kind === 'none')
    ? {kind: 'ask'}
    : {kind: 'unusable', because: 'its proxies do not all log alike'}
}

/** For how long the proxies have logged as they do now, at most `window`; in milliseconds. */
export function lookBack({proxies}: Pick<Watched, 'proxies'>, window: number): number {
  const ages = proxies.map(({log}) =>
    log?.kind === 'readable' && log.since !== null ? Date.now() - log.since.getTime() : 0,
  )
  return Math.max(0, Math.min(window, ...ages))
}

/** Reads a log that is there, of the window that has just passed; waits for what of it is still to come. */
export async function readExisting(
  input: Input,
  watched: Watched,
  {
    window,
    patient,
    signal,
  }: {readonly window: number; readonly patient: boolean; readonly signal: AbortSignal},
): Promise<Observation> {
  const past = lookBack(watched, window)
  if (patient) await wait(window - past, signal)
  const whole = patient ? window : past
  const known = logState(watched).kind === 'read'
  const seconds = Math.max(1, Math.round((known ? whole : window) / 1000))
  const calls = await readCalls(clusterOf(input).live.api, watched.proxies, seconds, watched.missing)
  if (!known && calls.length > 0)
    watched.missing.add('how the proxies log: lines in one of Istio\u2019s formats were taken for calls')
  // Without a line nobody can tell whether nothing came or nothing is logged.
  const told = calls.some(one => known || one.calls.length > 0)
  return await observed(input, watched, {by: told ? 'access-log' : 'nothing', seconds, calls})
}

export interface Asked {
  readonly window: number
  readonly signal: AbortSignal
  /** By which the log is known to have arrived. */
  readonly filter: string
}

/** Reads the log that was asked for: from when the proxies have it until its window is over; with the counters. */
export async function readAsked(
  input: Input,
  watched: Watched,
  {window, signal, filter}: Asked,
): Promise<Observation> {
  const {api} = clusterOf(input).live
  const proxies = await arrived(input, watched, {signal, filter})
  const first = await placesNow(clusterOf(input), watched.missing)
  const begun = Date.now()
  const servers = proxies.map(({pod}) => pod)
  const {value, counted, missing} = await countRequests(api, input.mesh, servers, async () => {
    await wait(window, signal)
    const seconds = Math.round((Date.now() - begun) / 1000)
    await untilFlushed()
    const since = (Date.now() - begun) / 1000
    return {seconds, calls: await readCalls(api, proxies, since, watched.missing)}
  })
  for (const one of missing) watched.missing.add(one)
  return await observed(input, watched, {by: 'telemetry', ...value, counted, first})
}

const arrivalTimeout = 30_000

/** The proxies which log as was asked, by their own configuration: what istiod sent may have been refused. */
async function arrived(
  input: Input,
  {service, workloads, missing}: Watched,
  {signal, filter}: Omit<Asked, 'window'>,
): Promise<readonly ServerProxy[]> {
  const {api} = clusterOf(input).live
  const end = Date.now() + arrivalTimeout
  for (;;) {
    const proxies = await readServerProxies(api, workloads, missing, filter)
    const logging = proxies.filter(({log}) => log?.kind === 'readable')
    if (logging.length === proxies.length || signal.aborted) return logging
    if (Date.now() < end) {
      await wait(1_000, signal)
      continue
    }
    const silent = proxies.filter(proxy => !logging.includes(proxy))
    if (logging.length === 0) throw notLogging(service, silent)
    for (const {pod} of silent) missing.add(`${pod.id.namespace}/${pod.id.name}: its proxy does not log`)
    return logging
  }
}

function notLogging({namespace, name}: Service, [first]: readonly ServerProxy[]): MeshctlError {
  const why = first?.log?.kind === 'unusable' ? `: ${first.log.because}` : ''
  return new MeshctlError(
    'refused',
    `The proxies of ${namespace}/${name} do not log what they were asked to${why}. The log is off again.`,
    {
      try: [
        'See whether the mesh config changes the provider envoy (extensionProviders, accessLogFormat).',
        'istioctl proxy-status',
      ],
    },
  )
}

/** Counts without changing anything: how many requests came that no proxy of the mesh sent. */
export async function countOnly(
  input: Input,
  watched: Watched,
  {window, signal}: {readonly window: number; readonly signal: AbortSignal},
): Promise<Observation> {
  const begun = Date.now()
  const servers = watched.proxies.map(({pod}) => pod)
  const {counted, missing} = await countRequests(clusterOf(input).live.api, input.mesh, servers, () =>
    wait(window, signal),
  )
  for (const one of missing) watched.missing.add(one)
  const seconds = Math.round((Date.now() - begun) / 1000)
  return await observed(input, watched, {
    by: counted === null ? 'nothing' : 'counters',
    seconds,
    calls: [],
    counted,
  })
}

interface Read {
  readonly by: Observation['by']
  readonly seconds: number
  readonly calls: readonly PodCalls[]
  readonly counted?: Parameters<typeof observationOf>[1]['counted']
  readonly first?: readonly KubeObject[]
}

async function observed(
  input: Input,
  watched: Watched,
  {by, seconds, calls, counted = null, first = []}: Read,
): Promise<Observation> {
  const named = calls.some(one => one.calls.length > 0)
  const now = named ? await placesNow(clusterOf(input), watched.missing) : []
  const pods = placesIn([...now, ...first], new Date(Date.now() - seconds * 1000))
  const others = input.objects.filter(({id}) => id.kind !== 'Pod')
  return observationOf(input.mesh, {
    service: watched.service,
    by,
    seconds,
    calls,
    pods: watched.proxies.length,
    counted,
    objects: [...others, ...pods],
    missing: [...watched.missing],
  })
}

/** The roles without which something stayed unseen; null where nothing was forbidden. */
export async function rolesForReading(
  input: Input,
  namespace: string,
  missing: readonly string[],
): Promise<string | null> {
  if (!missing.some(one => one.startsWith('forbidden'))) return null
  const {api} = clusterOf(input).live
  const wanted = [
    {verb: 'get', group: '', resource: 'pods/portforward', namespace},
    {verb: 'create', group: '', resource: 'pods/portforward', namespace},
    {verb: 'get', group: '', resource: 'pods/log', namespace},
    {verb: 'list', group: '', resource: 'nodes', namespace: ''},
    {verb: 'list', group: 'discovery.k8s.io', resource: 'endpointslices', namespace: ''},
  ]
  const lacking = await missingPermissions(api, wanted)
  if (lacking.length === 0) return null
  return rulesToGrant(lacking, await whoAmI(api))
    .map(toYaml)
    .join('---\n')
}

function withoutProxy({namespace, name}: Service): MeshctlError {
  return new MeshctlError(
    'refused',
    `No pod behind ${namespace}/${name} has a sidecar that runs, so nothing shows who calls it.`,
    {
      try: [`meshctl adopt sidecars --stage walk --target ${namespace}/NAME`, 'meshctl status'],
    },
  )
}
