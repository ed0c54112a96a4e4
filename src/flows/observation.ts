import {addressBook, forwardedFor} from '../evidence/addresses.ts'
import type {HiddenBecause} from '../evidence/addresses.ts'
import type {LoggedCalls} from '../evidence/logged-calls.ts'
import type {Counted, PodCalls} from '../evidence/observe.ts'
import type {Mesh, ObservedCall, Server, Service, Workload} from '../mesh/mesh.ts'
import type {KubeObject} from '../objects/object.ts'
import {clientAnswer, serverAnswer} from './answers.ts'
import type {ClientAnswer, ServerAnswer} from './answers.ts'

/**
 * By what calls were seen: an access log that was there, one that was asked for, the proxies' counters, or nothing.
 * Counters tell how many requests there were, and not whose.
 */
export type ObservedBy = 'access-log' | 'telemetry' | 'counters' | 'nothing'

/** A workload that called without the mesh's mTLS. */
export interface SeenClient {
  readonly client: ClientAnswer
  readonly server: ServerAnswer
  readonly transport: 'plaintext' | 'tls'
  readonly requests: number
  /** Of those, how many no filter chain of the server took: they failed. */
  readonly refused: number
  readonly pods: readonly string[]
}

/** Calls of which it cannot be told who made them. */
export interface HiddenCaller {
  readonly address: string
  readonly because: HiddenBecause
  readonly says: string
  readonly server: ServerAnswer
  readonly transport: 'plaintext' | 'tls'
  readonly requests: number
  readonly refused: number
  /** What they said of themselves (User-Agent). */
  readonly agents: readonly string[]
}

/** What was seen at one server in one window. */
export interface Observation {
  readonly server: {readonly namespace: string; readonly service: string}
  readonly by: ObservedBy
  /** The window, in seconds. */
  readonly seconds: number
  /** How many of the server's pods were read, and how many there are. */
  readonly pods: {readonly read: number; readonly all: number}
  /** Requests by transport; null where what was read does not count them. `tls`: neither plaintext nor the mesh's own. */
  readonly requests: {
    readonly plaintext: number | null
    readonly tls: number | null
    readonly mtls: number | null
    readonly all: number | null
  }
  /** Requests that no proxy of the mesh sent, by the counters; null where that cannot be told. */
  readonly unexplained: number | null
  readonly clients: readonly SeenClient[]
  readonly hidden: readonly HiddenCaller[]
  /** Sources that could not be read, each with why. */
  readonly missing: readonly string[]
}

/** Where nobody could or would look. */
export function nothingSeen({namespace, name}: Service, missing: readonly string[]): Observation {
  return {
    server: {namespace, service: name},
    by: 'nothing',
    seconds: 0,
    pods: {read: 0, all: 0},
    requests: {plaintext: null, tls: null, mtls: null, all: null},
    unexplained: null,
    clients: [],
    hidden: [],
    missing,
  }
}

export interface Reading {
  readonly service: Service
  readonly by: ObservedBy
  readonly seconds: number
  readonly calls: readonly PodCalls[]
  readonly pods: number
  readonly counted: Counted | null
  /** Those of the cluster, with its Pods at both ends of the window, Nodes and EndpointSlices. */
  readonly objects: readonly KubeObject[]
  readonly missing: readonly string[]
}

type Caller = Omit<SeenClient, 'client' | 'pods'> & {
  readonly key: string
  readonly found: {readonly client: ClientAnswer; readonly pods: readonly string[]} | HiddenFacts
  readonly agents: readonly string[]
}

interface HiddenFacts {
  readonly address: string
  readonly because: HiddenBecause
  readonly says: string
}

/** Joins the calls that were logged to who made them, and counts. */
export function observationOf(mesh: Mesh, reading: Reading): Observation {
  const {service, by, seconds, calls, counted} = reading
  const book = addressBook(reading.objects)
  const callers = new Map<string, Caller>()
  for (const {workload, calls: logged} of calls) {
    for (const call of logged) {
      // By its name alone an unusual server name is no proof against mTLS; a filter on mTLS is.
      if (call.transport === 'mtls' || (call.transport === 'tls' && by !== 'telemetry')) continue
      const caller = callerOf(mesh, service, workload, call, book)
      const known = callers.get(caller.key)
      callers.set(caller.key, known === undefined ? caller : joined(known, caller))
    }
  }
  const all = [...callers.values()].sort((a, b) => b.requests - a.requests)
  return {
    server: {namespace: service.namespace, service: service.name},
    by,
    seconds,
    pods: {read: calls.length, all: reading.pods},
    requests: requestsOf(by, calls, counted),
    unexplained: counted?.unexplained ?? null,
    clients: all.flatMap(({found, server, transport, requests, refused}) =>
      'client' in found ? [{...found, server, transport, requests, refused}] : [],
    ),
    hidden: all.flatMap(({found, server, transport, requests, refused, agents}) =>
      'because' in found ? [{...found, server, transport, requests, refused, agents}] : [],
    ),
    missing: reading.missing,
  }
}

function callerOf(
  mesh: Mesh,
  service: Service,
  workload: Workload,
  call: LoggedCalls,
  book: ReturnType<typeof addressBook>,
): Caller {
  const server = serverAnswer(serverOf(mesh, service, workload, call.port))
  const transport = call.transport === 'plaintext' ? 'plaintext' : 'tls'
  const owner = call.forwarded ? forwardedFor(call.address) : book.ownerOf(call.address)
  const counts = {
    server,
    transport,
    requests: call.requests,
    refused: call.refused ? call.requests : 0,
    agents: call.agents,
  } as const
  const place = `${server.namespace}/${server.service}:${server.port} ${transport}`
  if (owner.kind === 'hidden') {
    const {because, says} = owner
    return {
      ...counts,
      key: `${call.address} ${because} ${place}`,
      found: {address: call.address, because, says},
    }
  }
  const {namespace, workload: name, pods} = owner
  const client = mesh.clients.find(one => one.namespace === namespace && one.workload === name)
  const answer =
    client === undefined
      ? ({kind: 'workload', namespace, workload: name, inMesh: 'unknown'} as const)
      : clientAnswer(client)
  return {...counts, key: `${namespace}/${name} ${place}`, found: {client: answer, pods}}
}

function joined(known: Caller, more: Caller): Caller {
  const found =
    'client' in known.found && 'client' in more.found
      ? {...known.found, pods: [...new Set([...known.found.pods, ...more.found.pods])].sort()}
      : known.found
  return {
    ...known,
    found,
    requests: known.requests + more.requests,
    refused: known.refused + more.refused,
    agents: [...new Set([...known.agents, ...more.agents])],
  }
}

/** The Service's port behind a pod's port; of several Services the one that was asked for. */
function serverOf(mesh: Mesh, service: Service, workload: Workload, port: number): Server {
  const services = new Set([service, ...mesh.servicesOf(workload)])
  for (const one of services) {
    const found = one.ports.find(
      ({protocol, ...rest}) => protocol !== 'UDP' && mesh.targetPort({protocol, ...rest}, workload) === port,
    )
    if (found !== undefined) return {service: one, port: found}
  }
  return {
    service,
    port: {name: null, port, targetPort: port, protocol: 'Auto', declaredBy: 'none', path: []},
  }
}

function requestsOf(
  by: ObservedBy,
  calls: readonly PodCalls[],
  counted: Counted | null,
): Observation['requests'] {
  const sum = (...transports: readonly LoggedCalls['transport'][]): number =>
    calls
      .flatMap(one => one.calls)
      .filter(({transport}) => transports.includes(transport))
      .reduce((total, {requests}) => total + requests, 0)
  if (by === 'access-log')
    return {
      plaintext: sum('plaintext'),
      tls: sum('tls'),
      mtls: sum('mtls'),
      all: sum('plaintext', 'tls', 'mtls'),
    }
  if (by === 'telemetry')
    return {plaintext: sum('plaintext'), tls: sum('tls'), mtls: null, all: counted?.requests ?? null}
  return {plaintext: null, tls: null, mtls: null, all: counted?.requests ?? null}
}

const sources: Readonly<Record<ObservedBy, string>> = {
  'access-log': 'access log',
  telemetry: 'access log of calls without mTLS',
  counters: 'counters',
  nothing: 'nothing',
}

/** What was seen as knowledge for the mesh. Calls that were refused are none that work. */
export function observedCalls({by, seconds, clients, hidden}: Observation): readonly ObservedCall[] {
  const source = `${sources[by]} of the server's proxies`
  const works = ({requests, refused}: {readonly requests: number; readonly refused: number}): boolean =>
    requests > refused
  return [
    ...clients.filter(works).map(({client, ...call}) => ({
      ...callOf(call),
      client: `${client.namespace}/${client.workload}`,
      seconds,
      source,
    })),
    ...hidden.filter(works).map(({says, ...call}) => ({...callOf(call), client: says, seconds, source})),
  ]
}

function callOf({
  server,
  transport,
  requests,
  refused,
}: Pick<SeenClient, 'server' | 'transport' | 'requests' | 'refused'>): Pick<
  ObservedCall,
  'server' | 'transport' | 'requests'
> {
  return {
    server: `${server.namespace}/${server.service}:${server.port}`,
    transport,
    requests: requests - refused,
  }
}
