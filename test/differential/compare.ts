import type {Client, Edge, Mesh, Server} from '../../src/mesh/mesh.ts'
import type {Outcome} from '../../src/mesh/outcome.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import {record, text} from '../../src/objects/json.ts'
import type {GivenConfiguration} from '../testbed/xds/ask.ts'
import {viewOf} from './oracle/envoy.ts'
import {oracleCall} from './calls.ts'
import type {PlannedCall} from './calls.ts'
import {Oracle, isInjected} from './oracle/oracle.ts'
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
export type Truth = Pick<OracleOutcome, 'result' | 'failingShare' | 'transport' | 'failure'> &
  Partial<Pick<OracleOutcome, 'failures'>>

export interface Mismatch {
  readonly edge: string
  readonly predicted: string
  readonly found: string
  /** Null where only requests tell. */
  readonly truth: Truth | null
  readonly because: readonly string[]
}

/** Predicts every call of every caller in some namespaces, and holds each against what istiod gives both sides. */
export function compare(called: Called): Comparison {
  const oracle = new Oracle(called.pods)
  const found: Record<string, number> = {}
  const unknownBecause: Record<string, number> = {}
  const mismatches: Mismatch[] = []
  let edges = 0
  let unknown = 0
  for (const {edge, caller, call} of comparedOf(called)) {
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
          failures: truth.failures,
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

/** Everything that was called in a mesh: its objects as the API server has them, and the calls as they were planned. */
export interface Called {
  readonly mesh: Mesh
  readonly namespaces: readonly string[]
  readonly calls: readonly PlannedCall[]
  readonly pods: readonly OraclePod[]
}

interface Compared {
  readonly edge: Edge
  readonly caller: OraclePod
  readonly call: OracleCall
}

/** Callers are told by their name, so that no knowledge of the simulator chooses what is compared. */
function* comparedOf({mesh, namespaces, calls, pods}: Called): Iterable<Compared> {
  const callers = mesh.clients.filter(
    client =>
      client.of !== null && namespaces.includes(client.namespace) && client.workload.startsWith('caller'),
  )
  const services = mesh.objects('Service').map(one => one.value)
  for (const client of callers) {
    const caller = podOf(client, pods)
    if (caller === undefined) continue
    for (const call of calls) {
      // Nothing but the mesh knows the hosts of ServiceEntries.
      if (call.object['kind'] === 'ServiceEntry' && (caller.view === null || client.workload !== 'caller'))
        continue
      const server = serverOf(mesh, call)
      if (server === null) continue
      yield {edge: mesh.edge(client, server), caller, call: oracleCall(call, services, pods)}
    }
  }
}

/** An entry that validation refused is no part of the mesh. */
export function serverOf(mesh: Mesh, {host, port, object}: PlannedCall): Server | null {
  const {name, namespace} = record(object['metadata'])
  for (const service of mesh.services) {
    if (service.host !== host || service.name !== name || service.namespace !== namespace) continue
    const found = service.ports.find(one => one.port === port)
    if (found !== undefined) return {service, port: found}
  }
  if (object['kind'] === 'Service') throw new Error(`the mesh does not know ${host}:${port}`)
  return null
}

function podOf(client: Client, pods: readonly OraclePod[]): OraclePod | undefined {
  return pods.find(
    pod =>
      namespaceOf(pod.value) === client.namespace &&
      // A Deployment's pods are called by its name and two parts more.
      pod.name.split('-').slice(0, -2).join('-') === client.workload,
  )
}

function namespaceOf(object: JsonObject): string {
  return text(record(object['metadata'])['namespace']) ?? ''
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

/** Failures that a proxy answers with are told apart; all others end in a refused connection. */
const answers = ['404 NR', '503 NC', '503 UH', '502', '403']

export function agrees(predicted: Outcome, found: Truth): boolean {
  if (predicted.result !== found.result) return false
  if (predicted.result !== 'ok') {
    const failure = answers.includes(predicted.failure ?? '') ? predicted.failure : 'refused'
    const failures: readonly (string | null)[] = found.failures ?? [found.failure]
    if (predicted.result === 'fails' && !failures.includes(failure)) return false
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
