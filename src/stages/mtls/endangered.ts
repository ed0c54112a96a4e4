import type {Client, Edge, Mesh, Server, Service} from '../../mesh/mesh.ts'
import type {Outcome} from '../../mesh/outcome.ts'
import {mismatches} from './clients.ts'

/** A call that works today and would not (or may not) work any more. */
export interface Endangered {
  readonly edge: Edge
  readonly after: Outcome
}

/**
 * The calls that another mesh of the same services would cut: those that are known, and those of clients in the mesh
 * for which a DestinationRule decides, known to call or not.
 */
export function endangered(
  before: Mesh,
  after: Mesh,
  services: readonly Service[] = [],
): readonly Endangered[] {
  const known = before.edges()
  const ruled = services.flatMap(service =>
    mismatches(before, service).flatMap(({client, server, rule}) =>
      rule === null ? [] : [before.edge(client, server)],
    ),
  )
  const edges = new Map([...known, ...ruled].map(edge => [edgeKey(edge), edge]))
  const judged = outcomesIn(after)
  return [...edges].flatMap(([key, edge]) => {
    const now = judged(key, edge)
    return now !== null && isWorse(edge.judge().outcome, now) ? [{edge, after: now}] : []
  })
}

/** What happens in a mesh on the edges of another. */
function outcomesIn(mesh: Mesh): (key: string, edge: Edge) => Outcome | null {
  const known = new Map(mesh.edges().map(edge => [edgeKey(edge), edge]))
  const clients = new Map(mesh.clients.map(client => [clientKey(client), client]))
  return (key, edge) => {
    const found = known.get(key)
    if (found !== undefined) return found.judge().outcome
    const client = clients.get(clientKey(edge.client))
    const service = mesh.services.find(
      ({host, namespace}) => host === edge.server.service.host && namespace === edge.server.service.namespace,
    )
    const port = service?.ports.find(one => one.port === edge.server.port.port)
    if (client === undefined || service === undefined || port === undefined) return null
    return mesh.edge(client, {service, port}).judge().outcome
  }
}

/** Fewer requests pass, or it is no longer known whether they do. */
export function isWorse(before: Outcome, after: Outcome): boolean {
  if (before.result === 'unknown') return passing(after) === 0
  return passing(after) < passing(before) || (passing(before) > 0 && after.result === 'unknown')
}

/** The share of requests that pass; where that is not known, they may. */
function passing({result, failingShare}: Outcome): number {
  return result === 'unknown' || result === 'ok' ? 1 : result === 'fails' ? 0 : 1 - failingShare
}

export function edgeKey({client, server}: {readonly client: Client; readonly server: Server}): string {
  return `${clientKey(client)} > ${server.service.namespace}/${server.service.host}:${server.port.port}`
}

function clientKey({kind, namespace, workload, of}: Client): string {
  return `${of?.kind ?? kind}/${namespace}/${workload}`
}

/** `shop/cart:80` */
export function serverName({service, port}: Server): string {
  return `${service.namespace}/${service.name}:${port.port}`
}
