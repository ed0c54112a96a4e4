import {entries, isRecord, list, number, record, records, text, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {oldestFirst} from './age.ts'
import {fact} from './fact.ts'
import {hostCovers, isWildcard, qualifyHost} from './hosts.ts'
import type {Mesh, Service, SidecarScope, Visibility, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {matches, policySelector} from './selectors.ts'

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
  const selected = own?.find(sidecar => matches(policySelector(record(sidecar.value['spec'])['workloadSelector'], 'labels') ?? {}, client.labels))
  if (selected !== undefined) return selected
  return index.get(mesh.meshConfig.rootNamespace)?.find(sidecar => !hasSelector(sidecar)) ?? null
}

function buildScope(mesh: Mesh, sidecar: KubeObject | null, namespace: string): SidecarScope {
  if (sidecar === null) return {sidecar, outboundTrafficPolicy: mesh.meshConfig.outboundTrafficPolicy, facts: [], imports: () => true}
  const spec = record(sidecar.value['spec'])
  const listeners = entries(spec['egress']).map(([, listener]) => readListener(mesh, listener, namespace))
  const facts = [
    fact(`Sidecar ${sidecar.id.namespace}/${sidecar.id.name} limits what the client sees`, sidecar, ['spec', 'egress']),
  ]
  return {
    sidecar,
    outboundTrafficPolicy: outboundMode(spec, mesh),
    facts,
    // A Sidecar without egress imports everything: istiod adds a listener with the hosts `*/*`.
    imports: (service, port) => listeners.length === 0 || listeners.some(listener => listener(service, port)),
  }
}

/** `outboundTrafficPolicy: {}` is REGISTRY_ONLY, the enum's zero value. */
function outboundMode(spec: JsonObject, mesh: Mesh): SidecarScope['outboundTrafficPolicy'] {
  const policy = spec['outboundTrafficPolicy']
  if (!isRecord(policy)) return mesh.meshConfig.outboundTrafficPolicy
  return policy['mode'] === 'ALLOW_ANY' ? 'ALLOW_ANY' : 'REGISTRY_ONLY'
}

type Imports = (service: Service, port?: number) => boolean

interface HostEntry {
  readonly namespace: string
  readonly host: string
  readonly excluded: boolean
}

function readListener(mesh: Mesh, listener: JsonObject, namespace: string): Imports {
  const hosts = texts(listener['hosts']).flatMap(host => readHost(host, namespace))
  const only = listenerPort(listener)
  const covers = (ns: string, host: string): boolean => {
    const concerned = hosts.filter(entry => (entry.namespace === '*' || entry.namespace === ns) && entryCovers(entry.host, host))
    return concerned.some(entry => !entry.excluded) && !concerned.some(entry => entry.excluded)
  }
  const routed = pulledInByRoutes(mesh, namespace, covers)
  return (service, port) => {
    if (only !== null && !service.ports.some(one => one.port === only)) return false
    if (only !== null && port !== undefined && port !== only) return false
    if (covers(service.namespace, service.host)) return true
    const ports = routed.get(service.host)
    return ports !== undefined && (port === undefined || only !== null || ports === 'all' || ports.has(port))
  }
}

function readHost(host: string, namespace: string): readonly HostEntry[] {
  const parts = host.split('/')
  const [place, name] = parts
  if (parts.length !== 2 || place === undefined || name === undefined) return []
  const excluded = place.startsWith('~')
  const bare = excluded ? place.slice(1) || '*' : place
  return [{namespace: bare === '.' ? namespace : bare, host: name, excluded}]
}

function entryCovers(pattern: string, host: string): boolean {
  return isWildcard(host) && pattern !== '*' ? hostCovers(pattern, host) || pattern === host : hostCovers(pattern, host)
}

function listenerPort(listener: JsonObject): number | null {
  const port = record(listener['port'])
  if (text(port['protocol'])?.toUpperCase() === 'HTTP_PROXY') return null
  return number(port['number']) || null
}

type Ports = 'all' | ReadonlySet<number>

/**
 * Destinations of imported VirtualServices are imported with them, unless an entry names another port
 * (sidecar.go collectImportedServices).
 */
function pulledInByRoutes(mesh: Mesh, namespace: string, covers: (namespace: string, host: string) => boolean): ReadonlyMap<string, Ports> {
  const result = new Map<string, Ports>()
  for (const route of mesh.objects('VirtualService')) {
    const spec = record(route.value['spec'])
    const gateways = texts(spec['gateways'])
    if (gateways.length > 0 && !gateways.includes('mesh')) continue
    const exportTo = texts(spec['exportTo'])
    if (!exported(exportTo.length === 0 ? mesh.meshConfig.defaultVirtualServiceExportTo : exportTo, route.id.namespace, namespace)) continue
    if (!texts(spec['hosts']).some(host => covers(route.id.namespace, qualifyHost(host, route.id.namespace)))) continue
    for (const [host, port] of destinationsOf(spec, route.id.namespace)) result.set(host, addPort(result.get(host), port))
  }
  return result
}

function addPort(known: Ports | undefined, port: number | null): Ports {
  if (port === null || known === 'all') return 'all'
  return new Set([...(known ?? []), port])
}

/** Hosts and ports that a VirtualService sends to, mirrors included. */
function* destinationsOf(spec: JsonObject, namespace: string): Iterable<readonly [string, number | null]> {
  for (const protocol of ['http', 'tcp', 'tls'] as const) {
    for (const route of records(spec[protocol])) {
      const targets = [
        ...records(route['route']).map(one => one['destination']),
        route['mirror'],
        ...records(route['mirrors']).map(one => one['destination']),
      ]
      for (const target of targets) {
        const host = text(record(target)['host'])
        if (host !== undefined) yield [qualifyHost(host, namespace), number(record(record(target)['port'])['number']) ?? null]
      }
    }
  }
}

/** Whether an exportTo list reaches a namespace; an empty one is public. */
export function exported(exportTo: readonly string[], own: string, namespace: string): boolean {
  if (exportTo.length === 0) return true
  return exportTo.some(entry => entry === '*' || entry === namespace || (entry === '.' && own === namespace))
}

/** Whether a client's proxy has a cluster for a service: exported to it, and imported by its Sidecar. */
export function visibilityOf(mesh: Mesh, client: Workload, service: Service, port?: number): Visibility {
  if (!exported(service.exportTo, service.namespace, client.namespace)) {
    const text = `${service.host} is exported only to ${list(service.exportTo).join(', ')}`
    return {visible: false, why: 'export-to', facts: [fact(text, service.object, ['metadata', 'annotations'])]}
  }
  const scope = scopeOf(mesh, client)
  if (scope.imports(service, port)) return {visible: true, why: 'visible', facts: []}
  return {visible: false, why: 'sidecar', facts: scope.facts}
}
