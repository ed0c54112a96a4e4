import {networkAdmits} from '../mesh/network-policies.ts'
import {fact} from '../mesh/fact.ts'
import type {Fact} from '../mesh/fact.ts'
import type {Client, Edge, Mesh, Service} from '../mesh/mesh.ts'
import {perMesh} from '../mesh/per-mesh.ts'
import {listed} from './reasons.ts'

/**
 * Who calls a service, by the rule of who-calls-whom: only callers outside the mesh can break. One of which some call
 * is known is taken to make only those calls; one of which none is known may call whatever it can reach.
 */
export interface Callers {
  /** Observed, declared or inferred. */
  readonly known: readonly Edge[]
  /** Clients outside the mesh, or maybe outside, of which no call is known and which can reach the service. */
  readonly silent: readonly Client[]
}

export function callersOf(mesh: Mesh, service: Service): Callers {
  return {known: knownEdges(mesh).get(service.host) ?? [], silent: silentReaching(mesh, service)}
}

export function callersOfAll(mesh: Mesh, services: readonly Service[]): Callers {
  const [only, ...others] = services
  if (only !== undefined && others.length === 0) return callersOf(mesh, only)
  const all = services.map(service => callersOf(mesh, service))
  return {known: all.flatMap(({known}) => known), silent: [...new Set(all.flatMap(({silent}) => silent))]}
}

const knownEdges = perMesh((mesh): ReadonlyMap<string, readonly Edge[]> => {
  const index = new Map<string, Edge[]>()
  for (const edge of mesh.edges()) {
    const host = edge.server.service.host
    const edges = index.get(host)
    if (edges === undefined) index.set(host, [edge])
    else edges.push(edge)
  }
  return index
})

/** Clients without a sidecar, or maybe without, of which nothing says whom they call. Gateways only route. */
const silentClients = perMesh((mesh): readonly Client[] =>
  mesh.clients.filter(
    client =>
      client.of !== null && client.kind !== 'gateway' && client.inMesh !== true && !mesh.callsKnown(client),
  ),
)

const policedNamespaces = perMesh(
  (mesh): ReadonlySet<string> => new Set(mesh.objects('NetworkPolicy').map(({id}) => id.namespace)),
)

function silentReaching(mesh: Mesh, service: Service): readonly Client[] {
  const silent = silentClients(mesh)
  if (silent.length === 0 || !policedNamespaces(mesh).has(service.namespace)) return silent
  return silent.filter(
    ({of}) => of !== null && service.ports.some(port => networkAdmits(mesh, of, {service, port})),
  )
}

/** There may be thousands: a few are named, the rest counted. */
export function clientNames(clients: readonly Client[]): string {
  const shown = clients.slice(0, 4).map(clientName)
  return clients.length <= 4
    ? listed(shown)
    : `${shown.slice(0, 3).join(', ')} and ${clients.length - 3} more`
}

/** The objects of callers as facts, as many as a reader will look at. */
export function withoutSidecar(clients: readonly Client[]): readonly Fact[] {
  return clients
    .slice(0, 20)
    .flatMap(client =>
      client.object === null ? [] : [fact(`${clientName(client)} has no sidecar`, client.object)],
    )
}

/** `batch/ratings-export`, or for callers that are no workload what they are: `LoadBalancer shop`. */
export function clientName(client: Client): string {
  return client.of === null ? client.workload : `${client.namespace}/${client.workload}`
}

export function outOfMesh(edge: Edge): boolean {
  return edge.client.inMesh !== true
}

/** How an edge is known, in words: the facts, or the kind of knowledge. */
export function howKnown(edge: Edge): string {
  const [first] = edge.knownBy
  if (first === undefined) return edge.knowledge
  const {object} = first
  const where = object?.source == null ? '' : ` in ${object.source.file}`
  return `${edge.knowledge}: ${first.text}${where}`
}
