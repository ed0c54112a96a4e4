import type {Client, Edge, Mesh, Server} from '../../src/mesh/mesh.ts'
import type {Outcome} from '../../src/mesh/outcome.ts'
import {mayBeHttp} from '../../src/mesh/protocols.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import {record, records, text, texts} from '../../src/objects/json.ts'
import type {GivenConfiguration} from '../testbed/xds/ask.ts'
import {viewOf} from './oracle/envoy.ts'
import {Oracle, isInjected, outside} from './oracle/oracle.ts'
import type {OracleCall, OracleOutcome, OraclePod} from './oracle/oracle.ts'

export interface Comparison {
  readonly edges: number
  /** How many edges were found to come out how, so that it shows whether the meshes are worth asking. */
  readonly found: Readonly<Record<string, number>>
  readonly unknown: number
  /** Why they are unknown, and how many. */
  readonly unknownBecause: Readonly<Record<string, number>>
  readonly mismatches: readonly Mismatch[]
}

/** What was found of an edge. */
export type Truth = Pick<OracleOutcome, 'result' | 'failingShare' | 'transport' | 'failure'>

export interface Mismatch {
  readonly edge: string
  readonly predicted: string
  readonly found: string
  /** Null where only requests tell. */
  readonly truth: Truth | null
  readonly because: readonly string[]
}

/** Predicts every call of every caller in some namespaces, and holds each against what istiod gives both sides. */
export function compare(mesh: Mesh, namespaces: readonly string[], pods: readonly OraclePod[]): Comparison {
  const oracle = new Oracle(pods)
  const found: Record<string, number> = {}
  const unknownBecause: Record<string, number> = {}
  const mismatches: Mismatch[] = []
  let edges = 0
  let unknown = 0
  for (const {edge, caller, call} of callsOf(mesh, namespaces, pods)) {
    const truth = oracle.outcome(caller, call)
    if (truth === null) continue
    const {outcome, facts} = edge.judge()
    edges++
    count(found, `${truth.result} ${truth.result === 'fails' ? (truth.failure ?? '') : truth.transport}`)
    if (outcome.result === 'unknown') {
      unknown++
      count(unknownBecause, outcome.unknownBecause[0]?.cause ?? 'without a cause')
    } else if (!agrees(outcome, truth)) {
      mismatches.push({
        edge: nameOf(edge),
        predicted: describe(outcome),
        found: `${describe(truth)} (${truth.why.join('; ')})`,
        truth: {
          result: truth.result,
          failingShare: truth.failingShare,
          transport: truth.transport,
          failure: truth.failure,
        },
        because: facts.map(one => one.text),
      })
    }
  }
  return {edges, found, unknown, unknownBecause, mismatches}
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}

/** Callers are told by their name, so that no knowledge of the simulator chooses what is compared. */
function* callsOf(
  mesh: Mesh,
  namespaces: readonly string[],
  pods: readonly OraclePod[],
): Iterable<{edge: Edge; caller: OraclePod; call: OracleCall}> {
  const callers = mesh.clients.filter(
    client =>
      client.of !== null && namespaces.includes(client.namespace) && client.workload.startsWith('caller'),
  )
  for (const client of callers) {
    const caller = podOf(client, pods)
    if (caller === undefined) continue
    for (const service of mesh.services.filter(one => namespaces.includes(one.namespace))) {
      // Nothing but the mesh knows the hosts of ServiceEntries.
      if (service.kind === 'ServiceEntry' && (caller.view === null || client.workload !== 'caller')) continue
      for (const port of service.ports) {
        const server = {service, port}
        yield {edge: mesh.edge(client, server), caller, call: callOf(server, pods)}
      }
    }
  }
}

function podOf(client: Client, pods: readonly OraclePod[]): OraclePod | undefined {
  return pods.find(
    pod =>
      namespaceOf(pod.value) === client.namespace &&
      record(record(pod.value['metadata'])['labels'])['app'] === 'caller' &&
      pod.name.startsWith(`${client.workload}-`) &&
      isOwn(client, pod),
  )
}

/** `caller-…` is the beginning of `caller-odd-…` as well. */
function isOwn(client: Client, pod: OraclePod): boolean {
  return client.workload !== 'caller' || !pod.name.startsWith('caller-odd-')
}

function namespaceOf(object: JsonObject): string {
  return text(record(object['metadata'])['namespace']) ?? ''
}

/** What the network makes of a call, from the Service and the pods as the API server has them. */
export function callOf({service, port}: Server, pods: readonly OraclePod[]): OracleCall {
  const spec = record(service.object.value['spec'])
  const call = {host: service.host, port: port.port, http: mayBeHttp(port.protocol)}
  if (service.kind === 'ServiceEntry')
    return {...call, addresses: [texts(spec['addresses'])[0] ?? outside], behind: []}
  const selector = Object.entries(record(spec['selector']))
  const selected = pods.filter(pod => {
    const labels = record(record(pod.value['metadata'])['labels'])
    return (
      namespaceOf(pod.value) === service.namespace && selector.every(([key, value]) => labels[key] === value)
    )
  })
  if (spec['clusterIP'] === 'None') return {...call, addresses: selected.map(pod => pod.ip), behind: []}
  const written = records(spec['ports']).find(one => one['port'] === port.port)
  const target = Number(written?.['targetPort'] ?? port.port)
  return {
    ...call,
    addresses: [text(spec['clusterIP']) ?? outside],
    behind: selected.map(pod => ({address: pod.ip, port: target})),
  }
}

/** Pods with what istiod gives their proxies. */
export function oraclePods(
  pods: readonly JsonObject[],
  given: readonly GivenConfiguration[],
): readonly OraclePod[] {
  const views = new Map(given.map(one => [one.proxy, one]))
  return pods.flatMap(value => {
    const name = text(record(value['metadata'])['name']) ?? ''
    const ip = text(record(value['status'])['podIP'])
    if (ip === undefined) return []
    const answer = views.get(`${name}.${namespaceOf(value)}`)
    return [{name, ip, value, view: isInjected(value) && answer !== undefined ? viewOf(answer) : null}]
  })
}

function nameOf({client, server}: Edge): string {
  return `${client.namespace}/${client.workload} > ${server.service.namespace}/${server.service.host}:${server.port.port}`
}

function describe({
  result,
  failingShare,
  transport,
  failure,
}:
  | (Pick<Outcome, 'result' | 'failingShare' | 'transport'> & {readonly failure: string | null})
  | OracleOutcome): string {
  return `${result} ${transport} ${failure ?? ''} ${result === 'mixed' ? failingShare : ''}`.trim()
}

/** Failures that the client's own proxy decides are told apart; all others end in a refused connection. */
const decidedByClient = ['404 NR', '503 NC', '503 UH', '502']

export function agrees(predicted: Outcome, found: Truth): boolean {
  if (predicted.result !== found.result) return false
  if (predicted.result !== 'ok') {
    const failure = decidedByClient.includes(predicted.failure ?? '') ? predicted.failure : 'refused'
    if (predicted.result === 'fails' && failure !== found.failure) return false
  }
  if (Math.abs(predicted.failingShare - found.failingShare) > 0.02) return false
  return predicted.result === 'fails' || predicted.transport === found.transport
}

/** The edge of a name as mismatches have it. */
export function edgeNamed(mesh: Mesh, name: string): Edge {
  const [from = '', to = ''] = name.split(' > ')
  for (const client of mesh.clients.filter(one => `${one.namespace}/${one.workload}` === from)) {
    for (const service of mesh.services) {
      for (const port of service.ports) {
        const edge = mesh.edge(client, {service, port})
        if (nameOf(edge) === `${from} > ${to}`) return edge
      }
    }
  }
  throw new Error(`the mesh has no edge ${name}`)
}
