import {entries, record, texts} from '../objects/json.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {isWildcard} from './hosts.ts'
import type {Client, ClientDeclaration, Mesh, Server, Service, Workload} from './mesh.ts'
import {policySelector} from './selectors.ts'

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
