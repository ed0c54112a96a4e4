import {entries, isRecord, record, records, text, textMap, texts} from '../objects/json.ts'
import type {Json, KubeObject} from '../objects/object.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {gatewaySelector, gatewayWorkloads, isIstioGateway} from './gateways.ts'
import {httpRoutesOf} from './http-routes.ts'
import {isWildcard, qualifyHost} from './hosts.ts'
import type {Client, ClientDeclaration, Mesh, Server, Service, Workload} from './mesh.ts'
import {labelSelectorMatches, policySelector} from './selectors.ts'

/** A call that somebody wrote down: in meshctl.yaml, a Sidecar, an AuthorizationPolicy, a NetworkPolicy, a route. */
export interface DeclaredCall {
  readonly client: Client
  readonly server: Server
  readonly fact: Fact
}

/** Which clients a declaration of meshctl.yaml means: `[kind/]namespace/name`. */
export function declaredClients(
  clients: readonly Client[],
  declaration: ClientDeclaration,
): readonly Client[] {
  const parts = declaration.client.split('/')
  const name = parts.at(-1)
  const namespace = parts.at(-2) ?? ''
  const kind = parts.length > 2 ? parts[0]?.toLowerCase() : undefined
  return clients.filter(client => {
    const ownKind = (client.of?.kind ?? client.kind).toLowerCase()
    return (
      client.workload === name && client.namespace === namespace && (kind === undefined || kind === ownKind)
    )
  })
}

/** The servers of `namespace/service[:port]`, all its ports where none is named. */
export function declaredServers(mesh: Mesh, call: string): readonly Server[] {
  const [target = '', port] = call.split(':')
  const [namespace = '', name = ''] = target.split('/')
  const service = mesh.services.find(
    one => one.kind === 'Service' && one.namespace === namespace && one.name === name,
  )
  if (service === undefined) return []
  return service.ports
    .filter(one => port === undefined || String(one.port) === port || one.name === port)
    .map(one => ({service, port: one}))
}

export function configuredCalls(
  mesh: Mesh,
  declarations: readonly ClientDeclaration[],
): readonly DeclaredCall[] {
  return declarations.flatMap(declaration =>
    declaredClients(mesh.clients, declaration).flatMap(client =>
      declaration.calls.flatMap(call =>
        declaredServers(mesh, call).map(server => ({
          client,
          server,
          fact: fact(`meshctl.yaml declares it: ${declaration.reason}`, declaration.object, declaration.path),
        })),
      ),
    ),
  )
}

/** Hosts that a Sidecar imports by their exact name: somebody says that these workloads call them. */
export function sidecarCalls(mesh: Mesh): readonly DeclaredCall[] {
  return mesh.objects('Sidecar').flatMap(sidecar => {
    const spec = record(sidecar.value['spec'])
    const clients = mesh.selected(
      policySelector(spec['workloadSelector'], 'labels') ?? {},
      sidecar.id.namespace,
    )
    if (sidecar.id.namespace === mesh.meshConfig.rootNamespace) return []
    return entries(spec['egress']).flatMap(([index, listener]) =>
      texts(listener['hosts']).flatMap((entry, position) => {
        const service = exactService(mesh, entry, sidecar.id.namespace)
        if (service === null) return []
        const why = fact(
          `Sidecar ${sidecar.id.namespace}/${sidecar.id.name} imports ${service.host} by name`,
          sidecar,
          ['spec', 'egress', index, 'hosts', position],
        )
        return clients.flatMap(client =>
          service.ports.map(port => ({client: clientOf(mesh, client), server: {service, port}, fact: why})),
        )
      }),
    )
  })
}

function exactService(mesh: Mesh, entry: string, namespace: string): Service | null {
  const [place = '', host = ''] = entry.split('/')
  if (host === '' || isWildcard(host)) return null
  const service = mesh.host(host, place === '.' || place === '*' ? namespace : place)
  return service !== null && (place === '*' || service.namespace === (place === '.' ? namespace : place))
    ? service
    : null
}

export function clientOf(mesh: Mesh, workload: Workload): Client {
  const known = mesh.clients.find(client => client.of === workload)
  return (
    known ?? {
      kind: 'workload',
      namespace: workload.namespace,
      workload: workload.name,
      inMesh: mesh.injection(workload).inMesh,
      of: workload,
      object: workload.object,
    }
  )
}

/** Clients that an ALLOW policy names by their exact service account (decisions 7: a wildcard declares nothing). */
export function authorizationCalls(mesh: Mesh): readonly DeclaredCall[] {
  return mesh.objects('AuthorizationPolicy').flatMap(policy => {
    const spec = record(policy.value['spec'])
    if (spec['action'] !== undefined && spec['action'] !== 'ALLOW') return []
    const named = entries(spec['rules']).flatMap(([rule, value]) =>
      entries(value['from']).flatMap(([from, one]) =>
        texts(record(one['source'])['principals']).map((principal, index) => ({
          principal,
          path: ['spec', 'rules', rule, 'from', from, 'source', 'principals', index],
        })),
      ),
    )
    if (named.length === 0) return []
    const servers = serversSelected(mesh, policySelector(spec['selector']) ?? {}, policy.id.namespace)
    return named.flatMap(({principal, path}) => {
      const why = fact(
        `AuthorizationPolicy ${policy.id.namespace}/${policy.id.name} admits ${principal}`,
        policy,
        path,
      )
      return withServiceAccount(mesh, principal).flatMap(client =>
        servers.map(server => ({client, server, fact: why})),
      )
    })
  })
}

function serversSelected(
  mesh: Mesh,
  selector: Readonly<Record<string, string>>,
  namespace: string,
): readonly Server[] {
  const services = new Set(mesh.selected(selector, namespace).flatMap(workload => mesh.servicesOf(workload)))
  return [...services].flatMap(service => service.ports.map(port => ({service, port})))
}

function withServiceAccount(mesh: Mesh, principal: string): readonly Client[] {
  const match = /^[^*]+\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(principal)
  if (match === null) return []
  const [, namespace, account] = match
  return mesh.clients.filter(
    client => client.of !== null && client.namespace === namespace && client.of.serviceAccount === account,
  )
}

/** Pods that an ingress rule of a NetworkPolicy names by labels; whole namespaces and IP blocks declare nothing. */
export function networkPolicyCalls(mesh: Mesh): readonly DeclaredCall[] {
  return mesh.objects('NetworkPolicy').flatMap(policy => {
    const spec = record(policy.value['spec'])
    const servers = mesh
      .selected({}, policy.id.namespace)
      .filter(workload => labelSelectorMatches(spec['podSelector'], workload.labels))
      .flatMap(workload =>
        mesh.servicesOf(workload).flatMap(service => service.ports.map(port => ({service, port}))),
      )
    return entries(spec['ingress']).flatMap(([rule, value]) =>
      entries(value['from']).flatMap(([index, peer]) => {
        const selector = peer['podSelector']
        if (
          !isRecord(selector) ||
          (records(selector['matchExpressions']).length === 0 &&
            Object.keys(textMap(selector['matchLabels'])).length === 0)
        )
          return []
        const why = fact(
          `NetworkPolicy ${policy.id.namespace}/${policy.id.name} admits it by its labels`,
          policy,
          ['spec', 'ingress', rule, 'from', index],
        )
        const clients = mesh.clients.filter(
          client => client.of !== null && peerAdmits(mesh, policy.id.namespace, peer, client.of),
        )
        return clients.flatMap(client =>
          servers
            .filter(server => portAdmitted(value['ports'], server))
            .map(server => ({client, server, fact: why})),
        )
      }),
    )
  })
}

/** Whether a peer of a NetworkPolicy's rule covers a workload. */
function peerAdmits(
  mesh: Mesh,
  policyNamespace: string,
  peer: Readonly<Record<string, Json | undefined>>,
  workload: Workload,
): boolean {
  if (isRecord(peer['ipBlock'])) return true
  const namespaces = peer['namespaceSelector']
  const rightNamespace = isRecord(namespaces)
    ? labelSelectorMatches(namespaces, namespaceLabels(mesh, workload.namespace))
    : workload.namespace === policyNamespace
  return (
    rightNamespace &&
    (!isRecord(peer['podSelector']) || labelSelectorMatches(peer['podSelector'], workload.labels))
  )
}

function namespaceLabels(mesh: Mesh, name: string): Readonly<Record<string, string>> {
  const labels = textMap(record(mesh.namespaceObject(name)?.value['metadata'])['labels'])
  return {...labels, 'kubernetes.io/metadata.name': name}
}

function portAdmitted(ports: Json | undefined, server: Server): boolean {
  const listed = records(ports)
  return (
    listed.length === 0 ||
    listed.some(
      one =>
        one['port'] === undefined ||
        one['port'] === server.port.targetPort ||
        one['port'] === server.port.name,
    )
  )
}

/**
 * Whether the NetworkPolicies of a server's pods let a client's pods through to any of them; without a policy everything
 * may pass.
 */
export function networkAdmits(mesh: Mesh, client: Workload, server: Server): boolean {
  const policies = mesh.objects('NetworkPolicy')
  if (policies.length === 0) return true
  const endpoints = mesh.endpoints(server.service)
  if (endpoints.length === 0) return true
  return endpoints.some(endpoint => {
    const selecting = policies.filter(policy => isolates(policy, endpoint))
    return selecting.length === 0 || selecting.some(policy => policyAdmits(mesh, policy, client, server))
  })
}

function isolates(policy: KubeObject, endpoint: Workload): boolean {
  const spec = record(policy.value['spec'])
  const types = texts(spec['policyTypes'])
  if (types.length > 0 && !types.includes('Ingress')) return false
  return (
    policy.id.namespace === endpoint.namespace && labelSelectorMatches(spec['podSelector'], endpoint.labels)
  )
}

function policyAdmits(mesh: Mesh, policy: KubeObject, client: Workload, server: Server): boolean {
  return records(record(policy.value['spec'])['ingress']).some(rule => {
    const peers = records(rule['from'])
    return (
      portAdmitted(rule['ports'], server) &&
      (peers.length === 0 || peers.some(peer => peerAdmits(mesh, policy.id.namespace, peer, client)))
    )
  })
}

/** Services that a gateway's routes send to: its proxies are clients of theirs. */
export function gatewayCalls(
  mesh: Mesh,
  gatewayClients: (gateway: KubeObject) => readonly Client[],
): readonly DeclaredCall[] {
  return mesh.objects('VirtualService').flatMap(route => {
    const spec = record(route.value['spec'])
    const gateways = texts(spec['gateways']).flatMap(
      reference => mesh.gateway(reference, route.id.namespace) ?? [],
    )
    if (gateways.length === 0) return []
    const why = (gateway: KubeObject, host: string): Fact =>
      fact(
        `VirtualService ${route.id.namespace}/${route.id.name} routes ${host} from Gateway ${gateway.id.namespace}/${gateway.id.name}`,
        route,
        ['spec', 'hosts'],
      )
    const servers = destinationsOf(mesh, route)
    return gateways
      .filter(isIstioGateway)
      .flatMap(gateway =>
        gatewayClients(gateway).flatMap(client =>
          servers.map(server => ({client, server, fact: why(gateway, texts(spec['hosts'])[0] ?? '*')})),
        ),
      )
  })
}

function destinationsOf(mesh: Mesh, route: KubeObject): readonly Server[] {
  const spec = record(route.value['spec'])
  const plain = ['tcp', 'tls'].flatMap(protocol =>
    records(spec[protocol]).flatMap(one =>
      records(one['route']).map(target => record(target['destination'])),
    ),
  )
  const targets = [
    ...httpRoutesOf(mesh, route).flatMap(one => one.destinations.map(({host, port}) => ({host, port}))),
    ...plain.map(one => ({
      host: qualifyHost(text(one['host']) ?? '', route.id.namespace),
      port: Number(record(one['port'])['number']) || null,
    })),
  ]
  const servers = targets.flatMap(({host, port}) => {
    const service = mesh.host(host, route.id.namespace)
    if (service === null) return []
    return service.ports
      .filter(one => (port === null ? service.ports.length === 1 : one.port === port))
      .map(one => ({service, port: one}))
  })
  return [...new Map(servers.map(server => [`${server.service.host}:${server.port.port}`, server])).values()]
}

/** Workloads that serve a gateway; where none is in the input one is assumed, since gateways are often installed elsewhere. */
export function servingWorkloads(mesh: Mesh, gateway: KubeObject): readonly Workload[] {
  const found = gatewayWorkloads(mesh, gateway)
  return found.length > 0 ? found : [assumedGateway(mesh, gateway)]
}

function assumedGateway(mesh: Mesh, gateway: KubeObject): Workload {
  const labels = gatewaySelector(gateway) ?? {}
  const name = labels['istio'] ?? labels['app'] ?? gateway.id.name
  const container = {
    name: 'istio-proxy',
    image: 'auto',
    init: false,
    ports: [],
    env: [],
    command: [],
    args: ['proxy', 'router'],
    probes: [],
    path: [],
  }
  return {
    object: gateway,
    kind: 'Deployment',
    namespace: mesh.meshConfig.rootNamespace,
    name: name === 'ingressgateway' || name === 'egressgateway' ? `istio-${name}` : name,
    labels,
    annotations: {},
    serviceAccount: 'default',
    hostNetwork: false,
    replicas: 1,
    containers: [container],
    templatePath: [],
    pods: [],
  }
}
