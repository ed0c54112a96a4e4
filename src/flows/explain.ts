import {MeshctlError} from '../cli/error.ts'
import {closest, unknownName} from '../cli/suggest.ts'
import type {Client, Edge, Gap, Knowledge, Mesh, Server, Service} from '../mesh/mesh.ts'
import {edgeAnswer} from './answers.ts'
import type {EdgeAnswer} from './answers.ts'
import type {Input} from './load-input.ts'

export interface ExplainResult {
  readonly edges: readonly EdgeAnswer[]
  /** What could not be read. */
  readonly gaps: readonly Gap[]
  readonly assumptions: readonly string[]
}

/** The edges of a client and a server, one for each port unless one is named. */
export function explain({mesh, assumptions}: Input, client: string, server: string): ExplainResult {
  const from = findClient(mesh, client)
  const edges = findServers(mesh, server, from.namespace).map(to => mesh.edge(from, to))
  return {edges: edges.map(edgeAnswer), gaps: mesh.gaps, assumptions}
}

export interface Narrowing {
  readonly knowledge: readonly Knowledge[]
  readonly client?: string | undefined
  readonly server?: string | undefined
  readonly namespaces: readonly string[]
}

/** Every edge that is known, and those that are merely possible where they are asked for; one at a time, as there may be many. */
export function* explainAll(
  mesh: Mesh,
  {knowledge, client, server, namespaces}: Narrowing,
): Iterable<EdgeAnswer> {
  const from = client === undefined ? null : findClient(mesh, client)
  const to = server === undefined ? null : findServers(mesh, server, from?.namespace ?? '')
  const wanted = (edge: Edge): boolean =>
    knowledge.includes(edge.knowledge) &&
    (from === null || sameClient(edge.client, from)) &&
    (to === null || to.some(one => one.service === edge.server.service && one.port === edge.server.port)) &&
    (namespaces.length === 0 ||
      namespaces.includes(edge.client.namespace) ||
      namespaces.includes(edge.server.service.namespace))
  for (const edge of knowledge.includes('possible') ? mesh.possibleEdges() : mesh.edges()) {
    if (wanted(edge)) yield edgeAnswer(edge)
  }
}

/** `reviews-v1`, `bookinfo/reviews-v1` or `deployment/bookinfo/reviews-v1`. */
export function findClient(mesh: Mesh, asked: string): Client {
  const found = mesh.clients.filter(client => clientMatches(client, asked.split('/')))
  const [first, second] = found
  if (first !== undefined && second === undefined) return first
  const names = mesh.clients.map(client => (asked.includes('/') ? clientName(client) : client.workload))
  if (first === undefined)
    throw unknownName(
      'client',
      asked,
      [...new Set([...behind(mesh, asked), ...names])],
      ['meshctl explain --all'],
    )
  throw ambiguous('client', asked, found.map(clientName))
}

/** A service's name is often taken for its workloads': then those are what was meant. */
function behind(mesh: Mesh, asked: string): readonly string[] {
  const service = mesh.services.find(({name}) => name === asked.split('/').at(-1))
  return service === undefined
    ? []
    : mesh.endpoints(service).map(({namespace, name}) => `${namespace}/${name}`)
}

function clientMatches(client: Client, parts: readonly string[]): boolean {
  const [name, namespace, kind] = [...parts].reverse()
  const kinds = [client.kind, client.of?.kind].map(one => one?.toLowerCase())
  return (
    client.workload === name &&
    (namespace === undefined || client.namespace === namespace) &&
    (kind === undefined || kinds.includes(kind.toLowerCase()))
  )
}

function clientName(client: Client): string {
  return client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
}

function sameClient(a: Client, b: Client): boolean {
  return a === b || (a.kind === b.kind && a.namespace === b.namespace && a.workload === b.workload)
}

/** `ratings`, `bookinfo/ratings:9080`, or a host; without a port all of its ports. */
export function findServers(mesh: Mesh, asked: string, namespace: string): readonly Server[] {
  const [, name = asked, port] = /^(.*?)(?::(\d+))?$/.exec(asked) ?? []
  const service = findService(mesh, name, namespace)
  const servers = service.ports.map((one): Server => ({service, port: one}))
  if (port === undefined && servers.length > 0) return servers
  const at = servers.filter(one => one.port.port === Number(port))
  if (at.length > 0) return at
  const ports = service.ports.map(one => String(one.port))
  throw unknownName(
    `port of ${service.namespace}/${service.name}:`,
    port ?? '(none)',
    ports,
    ports.map(one => `Use ${name}:${one}.`),
  )
}

export function findService(mesh: Mesh, asked: string, namespace: string): Service {
  const [name, wanted] = asked.split('/').reverse()
  const named = mesh.services.filter(
    service => service.name === name && (wanted === undefined || service.namespace === wanted),
  )
  const found = named.length > 0 ? named : mesh.services.filter(service => service.host === asked)
  const near = found.filter(service => service.namespace === namespace)
  const [first] = near.length === 1 ? near : found
  if (first !== undefined && (near.length === 1 || found.length === 1)) return first
  if (found.length > 1)
    throw ambiguous(
      'server',
      asked,
      found.map(service => `${service.namespace}/${service.name}`),
    )
  const names = mesh.services.map(service =>
    asked.includes('/') ? `${service.namespace}/${service.name}` : service.name,
  )
  const hosts = mesh.services.map(service => service.host)
  const options = closest(asked, names) === null && asked.includes('.') ? hosts : names
  throw unknownName('service', asked, [...new Set(options)], ['meshctl explain --all'])
}

function ambiguous(what: string, asked: string, options: readonly string[]): MeshctlError {
  return new MeshctlError('usage', `There is more than one ${what} ${asked}.`, {
    try: [`Name it with its namespace: ${options[0] ?? ''}.`],
    found: asked,
    validOptions: options,
  })
}
