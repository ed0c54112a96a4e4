import {number, record, records, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {hostCovers, isWildcard} from './hosts.ts'
import type {Service} from './mesh.ts'
import type {RouteOwner} from './route-owners.ts'

type Imports = (owner: RouteOwner) => boolean

/** A host that an egress listener names: `namespace/host`, with `~` before what it leaves out. */
interface EgressHost {
  readonly namespace: string
  readonly host: string
  readonly excluded: boolean
}

/**
 * Which VirtualServices a Sidecar lets a client's proxy have: those with a host that an egress listener imports from
 * the VirtualService's own namespace (istio pilot/pkg/model/virtualservice.go SelectVirtualServices). The host decides,
 * not the destinations. With a port only the listener for that port counts; without one any of them is enough.
 */
export function importsOf(sidecar: KubeObject | null, clientNamespace: string, port: number | null): Imports {
  const listeners = sidecar === null ? [] : records(record(sidecar.value['spec'])['egress'])
  if (listeners.length === 0) return () => true
  const concerned = port === null ? listeners : listenersFor(listeners, port)
  const imported = concerned.map(listener =>
    texts(listener['hosts']).flatMap(host => readEgressHost(host, clientNamespace)),
  )
  return owner => imported.some(hosts => owner.hosts.some(host => imports(hosts, owner, host)))
}

/**
 * The same for a TCP port: by the egress listener from which the proxy's listener for the service is made. That is the
 * one for the port if it has the service, but for a headless one, whose pods have listeners of their own by the one for
 * all ports (istio pilot/pkg/networking/core/listener.go buildSidecarOutboundListeners).
 */
export function tcpImports(
  sidecar: KubeObject | null,
  clientNamespace: string,
  service: Service,
  port: number | null,
): Imports {
  const listeners = sidecar === null ? [] : records(record(sidecar.value['spec'])['egress'])
  if (listeners.length === 0) return () => true
  const having = listeners
    .filter(listener => [port, null].includes(listenerPort(listener)))
    .map(listener => texts(listener['hosts']).flatMap(host => readEgressHost(host, clientNamespace)))
    .filter(hosts => imports(hosts, {namespace: service.namespace, gatewayApi: true}, service.host))
  const hosts = service.type === 'Headless' ? having.at(-1) : having[0]
  return owner => hosts !== undefined && owner.hosts.some(host => imports(hosts, owner, host))
}

/** The first listener for the port, else the one for all ports (istio pilot/pkg/model/sidecar.go GetEgressListenerForRDS). */
function listenersFor(listeners: readonly JsonObject[], port: number): readonly JsonObject[] {
  const found =
    listeners.find(listener => listenerPort(listener) === port) ??
    listeners.find(listener => listenerPort(listener) === null)
  return found === undefined ? [] : [found]
}

function listenerPort(listener: JsonObject): number | null {
  return number(record(listener['port'])['number']) ?? null
}

/** `~` before the namespace leaves out, alone in every namespace (sidecar.go convertIstioListenerToWrapper). */
export function readEgressHost(written: string, clientNamespace: string): readonly EgressHost[] {
  const parts = written.split('/')
  const [place, host] = parts
  if (parts.length !== 2 || place === undefined || host === undefined) return []
  const excluded = place.startsWith('~')
  const namespace = excluded ? place.slice(1) || '*' : place
  return [{namespace: namespace === '.' ? clientNamespace : namespace, host, excluded}]
}

/** Whether an egress listener with these hosts lets in a VirtualService for one of its own hosts. */
export function imports(
  hosts: readonly EgressHost[],
  owner: Pick<RouteOwner, 'namespace' | 'gatewayApi'>,
  host: string,
): boolean {
  const concerned = hosts.filter(entry => entry.namespace === '*' || entry.namespace === owner.namespace)
  if (concerned.some(entry => entry.excluded && hostCovers(entry.host, host))) return false
  return concerned.some(entry => !entry.excluded && overlaps(entry.host, host, owner.gatewayApi))
}

/** sidecar.go VSMatches: for a VirtualService either side may be the wildcard, for a converted HTTPRoute only the import. */
function overlaps(imported: string, host: string, gatewayApi: boolean): boolean {
  if (hostCovers(imported, host)) return true
  return !gatewayApi && isWildcard(host) && hostCovers(host, imported)
}
