import type {Json, JsonObject} from '../../../src/objects/object.ts'
import {flag, isRecord, list, number, record, records, text, texts} from '../../../src/objects/json.ts'
import type {GivenConfiguration} from '../../testbed/xds/ask.ts'

// What an Envoy does with a connection by its configuration, as istio pilot/pkg/simulation/traffic.go has it.

/** One connection as it arrives at a listener. */
export interface Connection {
  readonly address: string
  readonly port: number
  readonly tls: boolean
  /** Of the TLS handshake, or what the HTTP inspector takes a plaintext connection for. */
  readonly alpn: readonly string[]
  /** The server's name in the handshake. */
  readonly sni: string | null
  readonly http: boolean
}

/** The listeners, clusters, routes and endpoints of one proxy, as istiod gives them. */
export interface ProxyView {
  readonly listeners: readonly JsonObject[]
  readonly clusters: ReadonlyMap<string, JsonObject>
  readonly routes: ReadonlyMap<string, JsonObject>
  readonly endpoints: ReadonlyMap<string, JsonObject>
}

export function viewOf(given: GivenConfiguration): ProxyView {
  const plain = (resources: readonly unknown[]): readonly JsonObject[] => resources as readonly JsonObject[]
  const byName = (resources: readonly unknown[], key = 'name'): ReadonlyMap<string, JsonObject> =>
    new Map(plain(resources).map(one => [text(one[key]) ?? '', one]))
  return {
    listeners: plain(given.listeners),
    clusters: byName(given.clusters),
    routes: byName(given.routes),
    endpoints: byName(given.endpoints, 'cluster_name'),
  }
}

/** The listener that an outbound connection is handed to: its own address, any address, or the one for the rest. */
export function outboundListener(view: ProxyView, address: string, port: number): JsonObject | undefined {
  const at = (wanted: string): JsonObject | undefined =>
    view.listeners.find(listener =>
      addressesOf(listener).some(socket => socket['address'] === wanted && socket['port_value'] === port),
    )
  return (
    at(address) ?? at('0.0.0.0') ?? view.listeners.find(listener => listener['name'] === 'virtualOutbound')
  )
}

function addressesOf(listener: JsonObject): readonly JsonObject[] {
  const more = records(listener['additional_addresses']).map(one => record(one['address']))
  return [record(listener['address']), ...more].map(address => record(address['socket_address']))
}

export function inboundListener(view: ProxyView): JsonObject | undefined {
  return view.listeners.find(listener => listener['name'] === 'virtualInbound')
}

/** The filter chain that takes a connection; undefined where none does, which closes it. */
export function chainFor(listener: JsonObject, connection: Connection): JsonObject | undefined {
  const inspectsTls = hasFilter(listener, 'envoy.filters.listener.tls_inspector', connection.port)
  const inspectsHttp = hasFilter(listener, 'envoy.filters.listener.http_inspector', connection.port)
  const alpn = connection.tls
    ? inspectsTls
      ? connection.alpn
      : []
    : inspectsHttp && connection.http
      ? ['http/1.1']
      : []
  const transport = connection.tls && inspectsTls ? 'tls' : 'raw_buffer'
  let chains = records(listener['filter_chains'])
  chains = best(
    chains,
    match => match['destination_port'],
    port => (port === connection.port ? 1 : 0),
  )
  chains = best(
    chains,
    match => match['prefix_ranges'],
    ranges => prefixRank(ranges, connection.address),
  )
  chains = best(
    chains,
    match => match['server_names'],
    names => (connection.tls && inspectsTls ? nameRank(texts(names), connection.sni) : 0),
  )
  chains = best(
    chains,
    match => match['transport_protocol'],
    wanted => (wanted === transport ? 1 : 0),
  )
  chains = best(
    chains,
    match => match['application_protocols'],
    wanted => (texts(wanted).some(one => alpn.includes(one)) ? 1 : 0),
  )
  const [only] = chains
  const fallback = listener['default_filter_chain']
  return only ?? (isRecord(fallback) ? fallback : undefined)
}

/** One step of Envoy's sieve: the chains that match best, else those that say nothing of this. */
function best(
  chains: readonly JsonObject[],
  field: (match: JsonObject) => Json | undefined,
  rank: (value: Json) => number,
): readonly JsonObject[] {
  const valueOf = (chain: JsonObject): Json | undefined => field(record(chain['filter_chain_match']))
  const isSet = (value: Json | undefined): value is Json =>
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  if (!chains.some(chain => isSet(valueOf(chain)))) return chains
  const ranked = chains.map(chain => {
    const value = valueOf(chain)
    return {chain, rank: isSet(value) ? rank(value) : 0}
  })
  const highest = Math.max(...ranked.map(one => one.rank))
  if (highest > 0) return ranked.filter(one => one.rank === highest).map(one => one.chain)
  return chains.filter(chain => !isSet(valueOf(chain)))
}

/** An exact name beats any wildcard, and of those the longest wins. */
function nameRank(names: readonly string[], sni: string | null): number {
  if (sni === null) return 0
  const ranks = names.map(name => {
    if (name === sni) return 10_000
    return name.startsWith('*') && sni.endsWith(name.slice(1)) ? name.length : 0
  })
  return Math.max(0, ...ranks)
}

/** Whether something has to read what the client sends first before a chain can be chosen, without an end to the waiting. */
export function waitsForClient(listener: JsonObject, port: number): boolean {
  const waits = parseFloat(text(listener['listener_filters_timeout']) ?? '15s') === 0
  const inspectors = ['envoy.filters.listener.tls_inspector', 'envoy.filters.listener.http_inspector']
  return waits && inspectors.some(name => hasFilter(listener, name, port))
}

function prefixRank(ranges: Json, address: string): number {
  const ranks = records(ranges).map(range => {
    const length = number(range['prefix_len']) ?? 0
    return sameNetwork(text(range['address_prefix']) ?? '', address, length) ? length + 1 : 0
  })
  return Math.max(0, ...ranks)
}

function sameNetwork(network: string, address: string, length: number): boolean {
  const [left, right] = [bits(network), bits(address)]
  return left !== null && right !== null && left.slice(0, length) === right.slice(0, length)
}

function bits(address: string): string | null {
  const parts = address.split('.')
  return parts.length === 4 ? parts.map(part => Number(part).toString(2).padStart(8, '0')).join('') : null
}

function hasFilter(listener: JsonObject, name: string, port: number): boolean {
  const filter = records(listener['listener_filters']).find(one => one['name'] === name)
  return filter !== undefined && !holds(filter['filter_disabled'], port)
}

/** A listener filter's predicate on the port. */
function holds(predicate: Json | undefined, port: number): boolean {
  const rule = record(predicate)
  if (isRecord(rule['or_match'])) return records(rule['or_match']['rules']).some(one => holds(one, port))
  if (isRecord(rule['and_match'])) return records(rule['and_match']['rules']).every(one => holds(one, port))
  if (isRecord(rule['not_match'])) return !holds(rule['not_match'], port)
  const range = rule['destination_port_range']
  if (isRecord(range)) return port >= (number(range['start']) ?? 0) && port < (number(range['end']) ?? 0)
  return flag(rule['any_match']) ?? false
}

function typedFilter(chain: JsonObject, type: string): JsonObject | undefined {
  return records(chain['filters'])
    .map(filter => record(filter['typed_config']))
    .find(config => text(config['@type'])?.endsWith(type) === true)
}

export function httpManager(chain: JsonObject): JsonObject | undefined {
  return typedFilter(chain, '.HttpConnectionManager')
}

export function tcpProxy(chain: JsonObject): JsonObject | undefined {
  return typedFilter(chain, '.TcpProxy')
}

export interface Weighted {
  readonly cluster: string
  readonly share: number
}

/** What is done with a connection or request: clusters by their shares, or an answer of the proxy itself. */
export type Target = readonly Weighted[] | {readonly answer: number}

export function tcpTarget(proxy: JsonObject): Target {
  const single = text(proxy['cluster'])
  return single === undefined ? weighted(record(proxy['weighted_clusters'])) : [{cluster: single, share: 1}]
}

function weighted(clusters: JsonObject): readonly Weighted[] {
  const parts = records(clusters['clusters'])
  const total = parts.reduce((sum, part) => sum + (number(part['weight']) ?? 0), 0)
  return parts.map(part => ({
    cluster: text(part['name']) ?? '',
    share: total === 0 ? 0 : (number(part['weight']) ?? 0) / total,
  }))
}

/** Where `GET /` without any special header goes. */
export function httpTarget(view: ProxyView, manager: JsonObject, host: string): Target {
  const inline = manager['route_config']
  const name = text(record(manager['rds'])['route_config_name']) ?? ''
  const table = isRecord(inline) ? inline : view.routes.get(name)
  const virtualHost = table === undefined ? undefined : virtualHostFor(table, host)
  if (virtualHost === undefined) return {answer: 404}
  const route = records(virtualHost['routes']).find(one => takesPlainRequest(record(one['match'])))
  if (route === undefined) return {answer: 404}
  if (isRecord(route['direct_response'])) return {answer: number(route['direct_response']['status']) ?? 0}
  if (isRecord(route['redirect'])) return {answer: 301}
  const action = record(route['route'])
  const single = text(action['cluster'])
  return single === undefined ? weighted(record(action['weighted_clusters'])) : [{cluster: single, share: 1}]
}

function virtualHostFor(table: JsonObject, host: string): JsonObject | undefined {
  const hosts = records(table['virtual_hosts'])
  const bare = table['ignore_port_in_host_matching'] === true ? host.replace(/:\d+$/, '') : host
  const exact = hosts.find(one => texts(one['domains']).includes(bare))
  if (exact !== undefined) return exact
  const suffixes = hosts.flatMap(one =>
    texts(one['domains'])
      .filter(domain => domain.length > 1 && domain.startsWith('*') && bare.endsWith(domain.slice(1)))
      .map(domain => ({one, domain})),
  )
  const [longest] = suffixes.sort((a, b) => b.domain.length - a.domain.length)
  return longest?.one ?? hosts.find(one => texts(one['domains']).includes('*'))
}

function takesPlainRequest(match: JsonObject): boolean {
  if (records(match['headers']).length > 0 || list(match['query_parameters']).length > 0) return false
  const prefix = text(match['prefix'])
  if (prefix !== undefined) return '/'.startsWith(prefix)
  const path = text(match['path']) ?? text(match['path_separated_prefix'])
  if (path !== undefined) return path === '/'
  return new RegExp(`^(?:${text(record(match['safe_regex'])['regex']) ?? '$.'})$`).test('/')
}

export interface Endpoint {
  readonly address: string
  readonly port: number
  readonly metadata: JsonObject
}

/** The endpoints of a cluster; null where it connects to wherever the client wanted to go. */
export function endpointsOf(view: ProxyView, cluster: JsonObject): readonly Endpoint[] | null {
  if (cluster['type'] === 'ORIGINAL_DST') return null
  const service = text(record(cluster['eds_cluster_config'])['service_name']) ?? text(cluster['name']) ?? ''
  const assignment =
    cluster['type'] === 'EDS' ? view.endpoints.get(service) : record(cluster['load_assignment'])
  return records(record(assignment)['endpoints']).flatMap(locality =>
    records(locality['lb_endpoints']).flatMap(one => {
      const socket = record(record(record(one['endpoint'])['address'])['socket_address'])
      const address = text(socket['address'])
      if (address === undefined || one['health_status'] === 'UNHEALTHY') return []
      return [
        {
          address,
          port: number(socket['port_value']) ?? 0,
          metadata: record(record(one['metadata'])['filter_metadata']),
        },
      ]
    }),
  )
}

export interface Wire {
  readonly kind: 'plaintext' | 'mtls' | 'tls'
  readonly alpn: readonly string[]
  readonly sni: string | null
  /** The names of which the server's certificate has to have one; none where it is not looked at. */
  readonly accepted: readonly JsonObject[]
}

export const bare: Wire = {kind: 'plaintext', alpn: [], sni: null, accepted: []}

/** What a cluster puts on the wire to one endpoint. */
export function wireTo(cluster: JsonObject, endpoint: Endpoint | null): Wire {
  const matches = records(cluster['transport_socket_matches'])
  if (matches.length === 0) return wireOf(cluster['transport_socket'])
  const labels = record(record(endpoint?.metadata)['envoy.transport_socket_match'])
  const chosen = matches.find(one =>
    Object.entries(record(one['match'])).every(([key, value]) => labels[key] === value),
  )
  return wireOf(chosen?.['transport_socket'] ?? cluster['transport_socket'])
}

function wireOf(socket: Json | undefined): Wire {
  const config = record(record(socket)['typed_config'])
  if (text(config['@type'])?.endsWith('.UpstreamTlsContext') !== true) return bare
  const common = record(config['common_tls_context'])
  const ours = records(common['tls_certificate_sds_secret_configs']).some(one => one['name'] === 'default')
  const validation = record(record(common['combined_validation_context'])['default_validation_context'])
  return {
    kind: ours ? 'mtls' : 'tls',
    alpn: texts(common['alpn_protocols']),
    sni: text(config['sni']) ?? null,
    accepted: [
      ...records(validation['match_subject_alt_names']),
      ...records(validation['match_typed_subject_alt_names']).map(one => record(one['matcher'])),
    ],
  }
}

/**
 * HTTP that goes out over the mesh's TLS says so by its ALPN (istio pilot/pkg/xds/filters/filters.go Alpn). On the
 * testbed istiod leaves that filter out, since a stock Envoy has none.
 */
export function asHttp(wire: Wire): Wire {
  return wire.alpn.includes('istio') ? {...wire, alpn: ['istio-http/1.1', 'istio', 'http/1.1']} : wire
}

/** Whether a chain ends TLS, and then with the client's certificate of the mesh. */
export function demandsMtls(chain: JsonObject): boolean {
  return isRecord(chain['transport_socket'])
}
