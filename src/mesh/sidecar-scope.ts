import {entries, isRecord, number, record, records, text, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {oldestFirst} from './age.ts'
import {writtenRoutes} from './delegates.ts'
import {exported} from './export-to.ts'
import {fact} from './fact.ts'
import {hostCovers, isWildcard, qualifyHost} from './hosts.ts'
import type {Mesh, Service, ServicePort, SidecarScope, Visibility, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {isHttp, mayBeHttp, protocolOf} from './protocols.ts'
import {beatenByOwn} from './rival-hosts.ts'
import {matches, policySelector} from './selectors.ts'
import {imports, readEgressHost} from './virtual-service-imports.ts'

/** Sidecars of a namespace in the order in which istiod tries them: with a selector first, oldest first. */
const sidecarsByNamespace = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const groups = new Map<string, KubeObject[]>()
  const sorted = oldestFirst(mesh.objects('Sidecar'))
  for (const sidecar of [...sorted.filter(hasSelector), ...sorted.filter(one => !hasSelector(one))]) {
    const group = groups.get(sidecar.id.namespace) ?? []
    groups.set(sidecar.id.namespace, [...group, sidecar])
  }
  return groups
})

const scopes = perMesh(() => new Map<string, SidecarScope>())

function hasSelector(sidecar: KubeObject): boolean {
  return isRecord(record(sidecar.value['spec'])['workloadSelector'])
}

/**
 * The Sidecar that scopes a client: one of its namespace (selectors first), else the root namespace's selector-less
 * one, else none, which sees everything. Gateways are never scoped (push_context.go doGetSidecarScope).
 */
export function scopeOf(mesh: Mesh, client: Workload): SidecarScope {
  const sidecar = mesh.injection(client).mode === 'gateway' ? null : chooseSidecar(mesh, client)
  const key = `${client.namespace}/${sidecar === null ? '' : `${sidecar.id.namespace}/${sidecar.id.name}`}`
  const known = scopes(mesh)
  const found = known.get(key) ?? buildScope(mesh, sidecar, client.namespace)
  known.set(key, found)
  return found
}

function chooseSidecar(mesh: Mesh, client: Workload): KubeObject | null {
  const index = sidecarsByNamespace(mesh)
  const own = index.get(client.namespace)
  const selected = own?.find(sidecar =>
    matches(policySelector(record(sidecar.value['spec'])['workloadSelector'], 'labels') ?? {}, client.labels),
  )
  if (selected !== undefined) return selected
  return index.get(mesh.meshConfig.rootNamespace)?.find(sidecar => !hasSelector(sidecar)) ?? null
}

function buildScope(mesh: Mesh, sidecar: KubeObject | null, namespace: string): SidecarScope {
  const spec = record(sidecar?.value['spec'])
  const listeners = entries(spec['egress']).map(([index, listener]) => ({
    ...readListener(mesh, listener, namespace),
    path: ['spec', 'egress', index],
  }))
  // A Sidecar without egress imports everything: istiod adds a listener with the hosts `*/*`.
  const everything = listeners.length === 0
  const lists = (service: Service, port?: number): boolean => everything || listed(listeners, service, port)
  const anyLists = (service: Service, port?: number): boolean =>
    everything || listeners.some(listener => listener.lists(service, port))
  const httpListener = (service: Service, port: number): (typeof listeners)[number] | undefined =>
    listeners.find(listener => listener.http && listener.port === port && listener.selects(service, port))
  const httpPorts = perScope(() =>
    httpListenerPorts(
      mesh,
      namespace,
      (service, {port, protocol}) =>
        httpListener(service, port) !== undefined || (isHttp(protocol) && anyLists(service, port)),
    ),
  )
  return {
    sidecar,
    outboundTrafficPolicy: outboundMode(spec, mesh),
    facts:
      sidecar === null
        ? []
        : [
            fact(`Sidecar ${sidecar.id.namespace}/${sidecar.id.name} limits what the client sees`, sidecar, [
              'spec',
              'egress',
            ]),
          ],
    lists,
    takenForHttp: (service, port) => {
      const listener = httpListener(service, port)
      if (sidecar === null || listener === undefined || listener.lists(service, port)) return null
      const text = `its egress listener takes port ${port} for HTTP, and ${service.namespace}/${service.name} is TCP there: it has no route to it`
      return fact(text, sidecar, [...listener.path, 'port'])
    },
    listsName: (service, name, port) =>
      everything || (listenerFor(listeners, port)?.listsName(service, name, port) ?? false),
    imports: (service, port) => everything || listeners.some(listener => listener.imports(service, port)),
    listensUnrouted: (service, port) =>
      service.ports.some(one => one.port === port && one.protocol === 'Auto') &&
      !lists(service, port) &&
      listeners.some(listener => listener.lists(service, port)),
    ownListener: (service, port) =>
      listeners.some(listener => listener.port === port && listener.lists(service, port)),
    routesHttp: port => httpPorts().has(port),
  }
}

/** Whether a client's proxy knows a service by its own name: it is exported to it, and its Sidecar lists it. */
export function knowsName(mesh: Mesh, client: Workload, service: Service, port?: number): boolean {
  return (
    exported(service.exportTo, service.namespace, client.namespace) &&
    mesh.sidecarScope(client).lists(service, port)
  )
}

function perScope<Value>(compute: () => Value): () => Value {
  let known: Value | undefined
  return () => (known ??= compute())
}

/**
 * Whether the proxy has a listener or virtual host for a service. For HTTP the first egress listener for the port is
 * asked and no other (sidecar.go GetEgressListenerForRDS); a TCP service has listeners on its own address, from each.
 */
function listed(listeners: readonly Listener[], service: Service, port: number | undefined): boolean {
  const protocol = service.ports.find(one => one.port === port)?.protocol
  if (port === undefined || protocol === undefined || !mayBeHttp(protocol))
    return listeners.some(listener => listener.lists(service, port))
  return listenerFor(listeners, port)?.lists(service, port) ?? false
}

function listenerFor(listeners: readonly Listener[], port: number): Listener | undefined {
  return (
    listeners.find(listener => listener.port === port) ?? listeners.find(listener => listener.port === null)
  )
}

/** Ports on which a proxy takes any address for HTTP, because of some service for which it does (listener.go). */
function httpListenerPorts(
  mesh: Mesh,
  namespace: string,
  takesForHttp: (service: Service, port: ServicePort) => boolean,
): ReadonlySet<number> {
  const ports = new Set<number>()
  for (const service of mesh.services) {
    // Another name for a service has no listener of its own (listener.go buildSidecarOutboundListener).
    if (service.type === 'ExternalName' || beatenByOwn(mesh, namespace, service)) continue
    if (!exported(service.exportTo, service.namespace, namespace)) continue
    for (const port of service.ports) if (takesForHttp(service, port)) ports.add(port.port)
  }
  return ports
}

/** `outboundTrafficPolicy: {}` is REGISTRY_ONLY, the enum's zero value. */
function outboundMode(spec: JsonObject, mesh: Mesh): SidecarScope['outboundTrafficPolicy'] {
  const policy = spec['outboundTrafficPolicy']
  if (!isRecord(policy)) return mesh.meshConfig.outboundTrafficPolicy
  return policy['mode'] === 'ALLOW_ANY' ? 'ALLOW_ANY' : 'REGISTRY_ONLY'
}

interface Listener {
  readonly port: number | null
  /** Whether it takes its port for HTTP. */
  readonly http: boolean
  selects(service: Service, port?: number): boolean
  lists(service: Service, port?: number): boolean
  listsName(service: Service, name: string, port: number): boolean
  imports(service: Service, port?: number): boolean
}

function readListener(mesh: Mesh, listener: JsonObject, namespace: string): Listener {
  const hosts = texts(listener['hosts']).flatMap(host => readEgressHost(host, namespace))
  const only = listenerPort(listener)
  const covers = (ns: string, host: string): boolean => {
    const concerned = hosts.filter(
      entry => (entry.namespace === '*' || entry.namespace === ns) && entryCovers(entry.host, host),
    )
    return concerned.some(entry => !entry.excluded) && !concerned.some(entry => entry.excluded)
  }
  const ofPort = (service: Service, port: number | undefined): boolean =>
    only === null || (service.ports.some(one => one.port === only) && (port === undefined || port === only))
  const selects = (service: Service, port?: number): boolean =>
    ofPort(service, port) && covers(service.namespace, service.host)
  const written = text(record(listener['port'])['protocol'])?.toLowerCase() ?? null
  const http = only !== null && isHttp(protocolOf(only, null, 'TCP', written).protocol)
  // What is declared TCP gets no virtual host on a listener for HTTP (httproute.go buildSidecarOutboundVirtualHosts).
  const lists = (service: Service, port = only ?? undefined): boolean =>
    selects(service, port) &&
    (!http || service.ports.some(one => one.port === port && mayBeHttp(one.protocol)))
  const routed = perScope(() =>
    pulledInByRoutes(mesh, namespace, (from, host) =>
      imports(hosts, {namespace: from, gatewayApi: false}, host),
    ),
  )
  const included = hosts.filter(entry => !entry.excluded)
  return {
    port: only,
    http,
    selects,
    lists,
    listsName: (service, name, port) => {
      if (!lists(service, port)) return false
      const own = included.filter(entry => entry.namespace === service.namespace)
      const concerned = own.some(entry => entryCovers(entry.host, service.host))
        ? own
        : included.filter(entry => entry.namespace === '*')
      return concerned.some(entry => entryCovers(entry.host, name))
    },
    imports: (service, port) => {
      if (lists(service, port)) return true
      const ports = ofPort(service, port) ? routed().get(service.host) : undefined
      return (
        ports !== undefined && (port === undefined || only !== null || ports === 'all' || ports.has(port))
      )
    },
  }
}

function entryCovers(pattern: string, host: string): boolean {
  return isWildcard(host) && pattern !== '*'
    ? hostCovers(pattern, host) || pattern === host
    : hostCovers(pattern, host)
}

function listenerPort(listener: JsonObject): number | null {
  const port = record(listener['port'])
  if (text(port['protocol'])?.toUpperCase() === 'HTTP_PROXY') return null
  return number(port['number']) || null
}

type Ports = 'all' | ReadonlySet<number>

/**
 * Destinations of imported VirtualServices get clusters, but no listener and no virtual host of their own, unless an
 * entry names another port (sidecar.go collectImportedServices).
 */
function pulledInByRoutes(
  mesh: Mesh,
  namespace: string,
  letsIn: (namespace: string, host: string) => boolean,
): ReadonlyMap<string, Ports> {
  const result = new Map<string, Ports>()
  for (const route of mesh.objects('VirtualService')) {
    const spec = record(route.value['spec'])
    const gateways = texts(spec['gateways'])
    if (gateways.length > 0 && !gateways.includes('mesh')) continue
    const exportTo = texts(spec['exportTo'])
    if (
      !exported(
        exportTo.length === 0 ? mesh.meshConfig.defaultVirtualServiceExportTo : exportTo,
        route.id.namespace,
        namespace,
      )
    )
      continue
    if (!texts(spec['hosts']).some(host => letsIn(route.id.namespace, qualifyHost(host, route.id.namespace))))
      continue
    for (const [host, port] of destinationsOf(mesh, route)) result.set(host, addPort(result.get(host), port))
  }
  return result
}

function addPort(known: Ports | undefined, port: number | null): Ports {
  if (port === null || known === 'all') return 'all'
  return new Set([...(known ?? []), port])
}

/** Hosts and ports that a VirtualService sends to, mirrors and delegates included. */
function* destinationsOf(mesh: Mesh, object: KubeObject): Iterable<readonly [string, number | null]> {
  const spec = record(object.value['spec'])
  const written = [
    ...writtenRoutes(mesh, object).routes.map(route => ({
      route: route.value,
      namespace: route.object.id.namespace,
    })),
    ...[...records(spec['tcp']), ...records(spec['tls'])].map(route => ({
      route,
      namespace: object.id.namespace,
    })),
  ]
  for (const {route, namespace} of written) {
    const targets = [
      ...records(route['route']).map(one => one['destination']),
      route['mirror'],
      ...records(route['mirrors']).map(one => one['destination']),
    ]
    for (const target of targets) {
      const host = text(record(target)['host'])
      if (host !== undefined)
        yield [qualifyHost(host, namespace), number(record(record(target)['port'])['number']) ?? null]
    }
  }
}

/** Whether a client's proxy knows the name of a service: exported to it, and listed by its Sidecar. */
export function visibilityOf(mesh: Mesh, client: Workload, service: Service, port?: number): Visibility {
  const unexported = notExported(service, client)
  if (unexported !== null) return unexported
  const scope = scopeOf(mesh, client)
  if (scope.lists(service, port)) return {visible: true, why: 'visible', facts: []}
  const taken = port === undefined ? null : scope.takenForHttp(service, port)
  return {visible: false, why: 'sidecar', facts: taken === null ? scope.facts : [...scope.facts, taken]}
}

/**
 * Whether a client's proxy has a cluster for a service to which one of its routes sends. For a service of the client's
 * own namespace exportTo is not asked then (sidecar.go collectImportedServices).
 */
export function hasCluster(mesh: Mesh, client: Workload, service: Service, port: number): boolean {
  const exportedHere = service.namespace === client.namespace || notExported(service, client) === null
  return exportedHere && scopeOf(mesh, client).imports(service, port)
}

function notExported(service: Service, client: Workload): Visibility | null {
  if (exported(service.exportTo, service.namespace, client.namespace)) return null
  const text = `${service.host} is exported only to ${service.exportTo.join(', ')}`
  return {visible: false, why: 'export-to', facts: [fact(text, service.object, ['metadata', 'annotations'])]}
}
