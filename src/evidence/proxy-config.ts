import {isRecord, list, number, record, records, text} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'

/** What a proxy really has, read from its `/config_dump?include_eds`: plain data. */
export interface ProxyConfig {
  /** Outbound clusters by name (`outbound|9080||reviews.shop.svc.cluster.local`). */
  readonly clusters: ReadonlyMap<string, ClusterConfig>
  /** Routes by virtual host (`reviews.shop.svc.cluster.local:9080`), in order. */
  readonly routes: ReadonlyMap<string, readonly RouteConfig[]>
  /** What the inbound listener takes on each port that has chains of its own. */
  readonly inbound: ReadonlyMap<number, InboundConfig>
  /** Clusters to which spans are sent; empty where tracing is off. */
  readonly tracing: readonly string[]
}

export interface ClusterConfig {
  /** `match`: per endpoint, by its metadata. */
  readonly tls: 'none' | 'mtls' | 'tls' | 'match'
  readonly outlierDetection: JsonObject | null
  /** Endpoints that the metadata marks for mTLS, and the others. */
  readonly endpoints: {readonly mtls: number; readonly plaintext: number}
  /** The DestinationRule that Istio noted as the cluster's source, where it did. */
  readonly rule: string | null
}

export interface RouteConfig {
  readonly clusters: readonly string[]
  /** Envoy's duration (`2s`); null for none (`0s`). */
  readonly timeout: string | null
  readonly retries: number | null
  readonly catchAll: boolean
}

export interface InboundConfig {
  readonly plaintext: boolean
  readonly mtls: boolean
}

/** Reads a config dump; parts that are not there give empty maps, never an error. */
export function readConfigDump(dump: Json): ProxyConfig {
  const configs = records(record(dump)['configs'])
  const ofType = (name: string): readonly JsonObject[] =>
    configs.filter(one => text(one['@type'])?.endsWith(`.${name}`) === true)
  const endpoints = endpointsOf(ofType('EndpointsConfigDump'))
  return {
    clusters: clustersOf(ofType('ClustersConfigDump'), endpoints),
    routes: routesOf(ofType('RoutesConfigDump')),
    inbound: inboundOf(ofType('ListenersConfigDump')),
    tracing: tracingOf(ofType('ListenersConfigDump')),
  }
}

type Endpoints = ReadonlyMap<string, ClusterConfig['endpoints']>

function endpointsOf(dumps: readonly JsonObject[]): Endpoints {
  const found = new Map<string, ClusterConfig['endpoints']>()
  for (const dump of dumps) {
    for (const one of [
      ...records(dump['dynamic_endpoint_configs']),
      ...records(dump['static_endpoint_configs']),
    ]) {
      const config = record(one['endpoint_config'])
      const marks = records(config['endpoints']).flatMap(locality =>
        records(locality['lb_endpoints']).map(isMarked),
      )
      const mtls = marks.filter(Boolean).length
      found.set(text(config['cluster_name']) ?? '', {mtls, plaintext: marks.length - mtls})
    }
  }
  return found
}

function isMarked(endpoint: JsonObject): boolean {
  const metadata = record(record(endpoint['metadata'])['filter_metadata'])
  return record(metadata['envoy.transport_socket_match'])['tlsMode'] === 'istio'
}

function clustersOf(dumps: readonly JsonObject[], endpoints: Endpoints): ReadonlyMap<string, ClusterConfig> {
  const found = new Map<string, ClusterConfig>()
  for (const dump of dumps) {
    for (const one of records(dump['dynamic_active_clusters'])) {
      const cluster = record(one['cluster'])
      const name = text(cluster['name']) ?? ''
      const istio = record(record(record(cluster['metadata'])['filter_metadata'])['istio'])
      found.set(name, {
        tls: clusterTls(cluster),
        outlierDetection: isRecord(cluster['outlier_detection']) ? cluster['outlier_detection'] : null,
        endpoints: endpoints.get(name) ?? {mtls: 0, plaintext: 0},
        rule: text(istio['config']) ?? null,
      })
    }
  }
  return found
}

function clusterTls(cluster: JsonObject): ClusterConfig['tls'] {
  if (records(cluster['transport_socket_matches']).length > 0) return 'match'
  const socket = cluster['transport_socket']
  if (!isRecord(socket)) return 'none'
  // The mesh's own certificates come from the SDS resource `default`; a user's do not.
  return JSON.stringify(socket).includes('"name":"default"') ? 'mtls' : 'tls'
}

function routesOf(dumps: readonly JsonObject[]): ReadonlyMap<string, readonly RouteConfig[]> {
  const found = new Map<string, readonly RouteConfig[]>()
  for (const dump of dumps) {
    for (const one of records(dump['dynamic_route_configs'])) {
      for (const host of records(record(one['route_config'])['virtual_hosts'])) {
        const name = text(host['name']) ?? ''
        if (!name.startsWith('inbound|')) found.set(name, records(host['routes']).map(readRoute))
      }
    }
  }
  return found
}

function readRoute(route: JsonObject): RouteConfig {
  const action = record(route['route'])
  const single = text(action['cluster'])
  const weighted = records(record(action['weighted_clusters'])['clusters']).map(
    one => text(one['name']) ?? '',
  )
  const timeout = text(action['timeout'])
  const match = record(route['match'])
  return {
    clusters: single === undefined ? weighted : [single],
    timeout: timeout === undefined || timeout === '0s' ? null : timeout,
    retries: number(record(action['retry_policy'])['num_retries']) ?? null,
    catchAll: match['prefix'] === '/' && list(match['headers']).length === 0,
  }
}

function listenersOf(dumps: readonly JsonObject[]): readonly JsonObject[] {
  return dumps.flatMap(dump =>
    records(dump['dynamic_listeners']).map(one => record(record(one['active_state'])['listener'])),
  )
}

function inboundOf(dumps: readonly JsonObject[]): ReadonlyMap<number, InboundConfig> {
  const found = new Map<number, InboundConfig>()
  for (const listener of listenersOf(dumps)) {
    if (listener['name'] !== 'virtualInbound') continue
    for (const chain of records(listener['filter_chains'])) {
      const match = record(chain['filter_chain_match'])
      const port = number(match['destination_port'])
      if (port === undefined) continue
      const known = found.get(port) ?? {plaintext: false, mtls: false}
      const terminated = isRecord(chain['transport_socket'])
      // A chain for `tls` without a socket of its own passes the application's TLS through: that is no plaintext.
      const raw = !terminated && match['transport_protocol'] !== 'tls'
      found.set(port, {plaintext: known.plaintext || raw, mtls: known.mtls || terminated})
    }
  }
  return found
}

/**
 * Clusters named by the tracing provider of any HTTP connection manager: each provider names its own in its own way, and
 * Zipkin by `collector_service` where the proxy is of 1.29 or later (pilot/pkg/networking/core/tracing.go).
 */
function tracingOf(dumps: readonly JsonObject[]): readonly string[] {
  const found = new Set<string>()
  for (const listener of listenersOf(dumps)) {
    for (const chain of [...records(listener['filter_chains']), record(listener['default_filter_chain'])]) {
      for (const filter of records(chain['filters'])) {
        const provider = record(
          record(record(record(filter['typed_config'])['tracing'])['provider'])['typed_config'],
        )
        const named =
          text(provider['collector_cluster']) ??
          text(record(record(provider['collector_service'])['http_uri'])['cluster']) ??
          text(record(record(provider['grpc_service'])['envoy_grpc'])['cluster_name']) ??
          text(record(record(provider['http_service'])['http_uri'])['cluster'])
        if (named !== undefined) found.add(named)
      }
    }
  }
  return [...found]
}
