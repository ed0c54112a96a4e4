import {isRecord, record, records, textMap} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {httpRoutesOf} from './http-routes.ts'
import {judge} from './judge.ts'
import {inboundProtocol} from './inbound-protocol.ts'
import type {Client, Mesh, Server, Workload} from './mesh.ts'
import type {Outcome} from './outcome.ts'
import {namespaceHint, policyMode} from './peer-authentication.ts'
import {perMesh} from './per-mesh.ts'
import {rivalHost} from './rival-hosts.ts'
import {endpointLabel} from './transport.ts'
import {speaksFirst} from './verdict.ts'
import {claimsOf} from './virtual-services.ts'

/**
 * The outcomes of all clients on all servers. Clients that see the mesh alike share a row, and pairs of which nothing
 * that decides differs share an outcome, so that a million edges cost some thousand predictions (decisions 19).
 * Outcomes only: the facts behind one edge are those of `mesh.edge(client, server).judge()`.
 */
export interface EdgeTable {
  readonly clients: readonly Client[]
  readonly servers: readonly Server[]
  outcome(client: number, server: number): Outcome
  /** How many predictions were made, for the bench. */
  readonly predictions: () => number
}

export function edgeTable(
  mesh: Mesh,
  clients: readonly Client[] = mesh.clients,
  servers: readonly Server[] = allServers(mesh),
): EdgeTable {
  const known = new Map<string, Outcome>()
  const rows = new Map<string, readonly Outcome[]>()
  const serverKeys = servers.map(server => serverKey(mesh, server))
  const rowOf = (client: Client): readonly Outcome[] => {
    const key = clientKey(mesh, client)
    const found =
      rows.get(key) ?? servers.map((server, index) => predict(client, key, server, serverKeys[index] ?? ''))
    rows.set(key, found)
    return found
  }
  const predict = (client: Client, row: string, server: Server, own: string): Outcome => {
    const key = pairKey(mesh, client, row, server, own)
    const found = known.get(key) ?? judge(mesh, client, server).outcome
    known.set(key, found)
    return found
  }
  const resolved = new Map<number, readonly Outcome[]>()
  return {
    clients,
    servers,
    predictions: () => known.size,
    outcome: (clientIndex, serverIndex) => {
      const client = clients[clientIndex]
      if (client === undefined) throw new RangeError(`no client ${clientIndex}`)
      const row = resolved.get(clientIndex) ?? rowOf(client)
      resolved.set(clientIndex, row)
      const outcome = row[serverIndex]
      if (outcome === undefined) throw new RangeError(`no server ${serverIndex}`)
      return outcome
    },
  }
}

export function allServers(mesh: Mesh): readonly Server[] {
  return mesh.services.flatMap(service =>
    service.ports.filter(port => port.protocol !== 'UDP').map(port => ({service, port})),
  )
}

interface Relevant {
  /** Label keys by which anything tells clients apart. */
  readonly labels: readonly string[]
  /** Whether any policy looks at who the client is. */
  readonly identity: boolean
}

const relevantOf = perMesh((mesh): Relevant => {
  const selectors = [
    ...mesh
      .objects('DestinationRule')
      .map(rule => record(record(rule.value['spec'])['workloadSelector'])['matchLabels']),
    ...mesh
      .objects('Sidecar')
      .map(sidecar => record(record(sidecar.value['spec'])['workloadSelector'])['labels']),
    ...mesh.objects('VirtualService').flatMap(sourcesOf),
  ]
  return {
    labels: [...new Set(selectors.flatMap(labels => Object.keys(textMap(labels))))].sort(),
    identity: mesh.objects('AuthorizationPolicy').length > 0,
  }
})

function sourcesOf(route: KubeObject): readonly KubeObject['value'][string][] {
  const spec = record(route.value['spec'])
  return ['http', 'tcp', 'tls'].flatMap(protocol =>
    records(spec[protocol]).flatMap(one => records(one['match']).map(match => match['sourceLabels'])),
  )
}

/** What tells a client from others as seen by any server. */
function clientKey(mesh: Mesh, client: Client): string {
  if (client.of === null) return 'outside'
  const {inMesh, mode} = mesh.injection(client.of)
  if (inMesh === false) return 'outside'
  return `${String(inMesh)} ${mode} ${client.namespace} ${ownTraits(mesh, client.of)}`
}

/** The traits that count wherever the client lives. */
function ownTraits(mesh: Mesh, workload: Workload): string {
  const {labels, identity} = relevantOf(mesh)
  const redirected = Object.entries(workload.annotations).filter(
    ([key]) => key.startsWith('traffic.sidecar.istio.io/') || key === 'sidecar.istio.io/interceptionMode',
  )
  const chosen = labels.map(key => workload.labels[key] ?? '')
  return JSON.stringify([chosen, redirected, identity ? [workload.namespace, workload.serviceAccount] : []])
}

/** What decides on the server's side: its kind of service and port, and what each of its endpoints demands. */
function serverKey(mesh: Mesh, {service, port}: Server): string {
  const endpoints = mesh.endpoints(service).map(workload => {
    const target = mesh.targetPort(port, workload)
    if (target === null) return null
    const demanded = mesh.peerAuthentication(workload, target)
    const {inMesh, mode} = mesh.injection(workload)
    const policies = mesh.authorization(workload).map(policy => `${policy.id.namespace}/${policy.id.name}`)
    return [
      inMesh,
      mode,
      demanded.mode,
      demanded.reason,
      policyMode(mesh, workload, target).mode,
      endpointLabel(mesh, workload),
      workload.labels['security.istio.io/tlsMode'],
      workload.replicas,
      policies,
      policies.length > 0 ? target : 0,
      speaksFirst({service, port}, workload),
      inboundProtocol(mesh, workload, target),
    ]
  })
  return JSON.stringify([
    service.kind,
    service.type,
    service.location,
    service.resolution,
    service.selector === null,
    port.protocol,
    port.port,
    namespaceHint(mesh, service.namespace).mode,
    endpoints,
  ])
}

const elsewhere = perMesh(() => new Map<string, boolean>())

/** Whether a route tells clients apart by where they are, or sends to any service but the one called. */
function leadsElsewhere(mesh: Mesh, route: KubeObject, server: Server): boolean {
  const key = `${route.id.kind}/${route.id.namespace}/${route.id.name} ${server.service.host}`
  const known = elsewhere(mesh)
  const found =
    known.get(key) ??
    (bySource(route) ||
      httpRoutesOf(mesh, route).some(one => one.destinations.some(({host}) => host !== server.service.host)))
  known.set(key, found)
  return found
}

function bySource(route: KubeObject): boolean {
  const spec = record(route.value['spec'])
  if (records(spec['tcp']).length > 0 || records(spec['tls']).length > 0) return true
  return records(spec['http']).some(
    one =>
      isRecord(one['delegate']) ||
      records(one['match']).some(match => match['sourceNamespace'] !== undefined),
  )
}

function nameOf({service, port}: Server): string {
  return `${service.kind} ${service.namespace}/${service.name} ${service.host}:${port.port}`
}

/** Where rules, routes or scopes of the client's place take part, the pair is its own; else the two sides decide. */
function pairKey(mesh: Mesh, client: Client, row: string, server: Server, own: string): string {
  if (row === 'outside' || client.of === null)
    return `outside ${server.service.type === 'ExternalName' ? server.service.host : ''} ${own}`
  const {inMesh, mode} = mesh.injection(client.of)
  if (server.service.type === 'ExternalName' || rivalHost(mesh, client.of, server.service) !== null)
    return `${row} ${nameOf(server)}`
  const visible = mesh.visible(client.of, server.service, server.port.port)
  const base = `${String(inMesh)} ${mode} ${visible.why} ${mesh.sidecarScope(client.of).outboundTrafficPolicy} ${ownTraits(mesh, client.of)}`
  const rules = mesh.destinationRule(client.of, server.service)?.rules ?? []
  const {claimants, rivals} = claimsOf(mesh, client.of, server.service, server.port.port)
  const routes = [...claimants, ...rivals].flatMap(owner => owner.objects)
  if (rules.length === 0 && routes.length === 0) return `${base} ${own}`
  const host = nameOf(server)
  // A route may lead to another service, which other rules and scopes govern for other namespaces.
  if (routes.some(route => leadsElsewhere(mesh, route, server))) return `${row} ${host}`
  return `${base} ${host} ${[...rules, ...routes].map(({id}) => `${id.namespace}/${id.name}`).join()}`
}
