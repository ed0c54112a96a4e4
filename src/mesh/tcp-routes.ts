import {entries, list, number, record, records, text, textMap, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import {readDestinations} from './http-routes.ts'
import {isHttpRoute} from './gateway-api-routes.ts'
import {hostCovers} from './hosts.ts'
import type {Mesh, Route, Server, Workload} from './mesh.ts'
import {matches} from './selectors.ts'

/** A catch-all route without anything that only HTTP has. */
export const plainRoute: Omit<Route, 'destinations'> = {
  match: null,
  catchAll: true,
  methods: null,
  timeout: null,
  retries: null,
  faults: null,
  redirect: false,
  directResponse: null,
  object: null,
  path: [],
}

/**
 * The `tls` or `tcp` routes of one VirtualService that a client's proxy has for a port that is not HTTP. Neither carries
 * timeouts, retries or faults. Unlike with HTTP, `gateways` and sourceLabels must both fit
 * (istio pilot/pkg/networking/core/tls.go matchTLS, matchTCP).
 */
export function tcpRoutesOf(
  mesh: Mesh,
  virtualService: KubeObject,
  client: Workload,
  server: Server,
): readonly Route[] {
  if (isHttpRoute(virtualService)) return []
  const encrypted = isEncrypted(server)
  const field = encrypted ? 'tls' : 'tcp'
  const found: Route[] = []
  const closest = encrypted ? sniRank(virtualService, client, server) : 0
  for (const [index, route] of entries(record(virtualService.value['spec'])[field])) {
    const path: Path = ['spec', field, index]
    // Without a port it is the destination's only one, else the called one (route.go GetDestinationCluster); the cut to
    // the called port is for HTTP alone.
    const destinations = readDestinations(mesh, route, virtualService, path).map(one => {
      const ports = mesh.host(one.host, virtualService.id.namespace)?.ports ?? []
      const only = ports.length === 1 ? ports[0]?.port : undefined
      return {...one, port: one.port ?? only ?? server.port.port}
    })
    if (destinations.length === 0) continue
    for (const match of matchesOf(route, encrypted)) {
      if (!concerns(match, client, server.port.port)) continue
      const subnets = texts(match['destinationSubnets'])
      const names = encrypted ? texts(match['sniHosts']) : []
      const conditions = [...conditionOf('SNI', names), ...conditionOf('destination', subnets)]
      // A client that calls the service by its name sends that name as SNI.
      const named = !encrypted || closeness(names, nameSaidTo(server)) === closest
      const catchAll = named && subnets.length === 0 && (!encrypted || closest > 0)
      found.push({
        ...plainRoute,
        match: conditions.length === 0 ? null : conditions.join(', '),
        catchAll,
        destinations,
        object: virtualService,
        path,
      })
      if (catchAll) return found
    }
  }
  return found
}

/**
 * How closely the names in a VirtualService's tls routes fit the host that a client calls: of all routes of all
 * VirtualServices the proxy takes the closest, whichever comes first (istio pilot/pkg/networking/core/tls.go
 * buildSidecarOutboundTLSFilterChainOpts, and Envoy's order of filter chains).
 */
export function sniRank(virtualService: KubeObject, client: Workload, server: Server): number {
  const matching = records(record(virtualService.value['spec'])['tls'])
    .flatMap(route => records(route['match']))
    .filter(match => concerns(match, client, server.port.port))
  return Math.max(0, ...matching.map(match => closeness(texts(match['sniHosts']), nameSaidTo(server))))
}

function closeness(names: readonly string[], host: string): number {
  const ranks = names.map(name =>
    name === host ? Number.MAX_SAFE_INTEGER : hostCovers(name, host) ? name.length : 0,
  )
  return Math.max(0, ...ranks)
}

function nameSaidTo({saidName, service}: Server): string {
  return saidName ?? service.host
}

/** Ports on which a proxy routes by SNI. */
export function isEncrypted(server: Server): boolean {
  return server.port.protocol === 'TLS' || server.port.protocol === 'HTTPS'
}

/** A tcp route without a match takes every connection; a tls route without one takes none. */
function matchesOf(route: JsonObject, encrypted: boolean): readonly JsonObject[] {
  if (!encrypted && list(route['match']).length === 0) return [{}]
  return entries(route['match']).map(([, match]) => match)
}

function concerns(match: JsonObject, client: Workload, port: number): boolean {
  const gateways = texts(match['gateways'])
  if (gateways.length > 0 && !gateways.includes('mesh')) return false
  const namespace = text(match['sourceNamespace']) ?? ''
  if (namespace !== '' && namespace !== client.namespace) return false
  const wanted = number(match['port']) ?? 0
  return (wanted === 0 || wanted === port) && matches(textMap(match['sourceLabels']), client.labels)
}

function conditionOf(what: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`${what} is ${values.join(' or ')}`]
}
