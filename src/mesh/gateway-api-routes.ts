import {entries, isRecord, number, record, records, text} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'
import type {WrittenRoute} from './delegates.ts'
import {parseDuration} from './durations.ts'
import {serviceHost} from './hosts.ts'

/** A Service to which an HTTPRoute is attached: mesh traffic, not that of a gateway. */
export interface ServiceParent {
  readonly host: string
  readonly port: number | null
  readonly path: Path
}

export function isHttpRoute(object: KubeObject): boolean {
  return object.id.kind === 'HTTPRoute' && object.id.apiVersion.startsWith('gateway.networking.k8s.io/')
}

/** The Services that an HTTPRoute names as its parents. */
export function serviceParents(route: KubeObject): readonly ServiceParent[] {
  return entries(record(route.value['spec'])['parentRefs']).flatMap(([index, parent]) => {
    if (text(parent['kind']) !== 'Service' || (text(parent['group']) ?? '') !== '') return []
    const host = serviceHost(text(parent['name']) ?? '', text(parent['namespace']) || route.id.namespace)
    return [{host, port: number(parent['port']) ?? null, path: ['spec', 'parentRefs', index]}]
  })
}

/**
 * An HTTPRoute's rules as istiod turns them into routes of a VirtualService, one match each
 * (istio pilot/pkg/config/kube/gateway/conversion.go convertHTTPRoute).
 */
export function convertedRoutes(route: KubeObject, port: number | null): readonly WrittenRoute[] {
  return entries(record(route.value['spec'])['rules']).flatMap(([index, rule]) => {
    const path: Path = ['spec', 'rules', index]
    const action = convertAction(rule, route.id.namespace)
    const matches = records(rule['matches']).map(match => convertMatch(match, port))
    const whole = port === null ? [] : [{port}]
    const written = matches.length > 0 ? matches.map(match => [match]) : [whole]
    return written.map(match => ({value: {...action, match}, object: route, path}))
  })
}

/** The most specific first, across all routes of one parent (conversion.go sortHTTPRoutes); stable. */
export function mostSpecificFirst(routes: readonly WrittenRoute[]): readonly WrittenRoute[] {
  const ranked = routes.map(route => ({route, rank: rankOf(route)}))
  return ranked.sort((a, b) => compareRanks(b.rank, a.rank)).map(({route}) => route)
}

function rankOf(route: WrittenRoute): readonly number[] | null {
  const match = records(route.value['match'])[0]
  if (match === undefined) return null
  const uri = record(match['uri'])
  const kind = ['regex', 'prefix', 'exact'].findIndex(name => typeof uri[name] === 'string') + 1
  const length = (text(uri['exact']) ?? text(uri['prefix']) ?? text(uri['regex']) ?? '').length
  return [
    kind,
    length,
    isRecord(match['method']) ? 1 : 0,
    sizeOf(match['headers']),
    sizeOf(match['queryParams']),
  ]
}

function compareRanks(a: readonly number[] | null, b: readonly number[] | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  for (const [index, value] of a.entries()) if (value !== b[index]) return value - (b[index] ?? 0)
  return 0
}

function sizeOf(value: Json | undefined): number {
  return Object.keys(record(value)).length
}

function convertMatch(match: JsonObject, port: number | null): JsonObject {
  const method = text(match['method'])
  return {
    uri: convertPath(record(match['path'])),
    ...(method === undefined ? {} : {method: {exact: method}}),
    headers: convertNamed(match['headers']),
    queryParams: convertNamed(match['queryParams']),
    ...(port === null ? {} : {port}),
  }
}

function convertPath(path: JsonObject): JsonObject {
  const value = text(path['value']) ?? '/'
  if (path['type'] === 'Exact') return {exact: value}
  if (path['type'] === 'RegularExpression') return {regex: value}
  return {prefix: value === '/' ? value : value.replace(/\/$/, '')}
}

function convertNamed(value: Json | undefined): JsonObject {
  const named = records(value).map(one => {
    const wanted = text(one['value']) ?? ''
    return [
      text(one['name']) ?? '',
      one['type'] === 'RegularExpression' ? {regex: wanted} : {exact: wanted},
    ] as const
  })
  return Object.fromEntries(named)
}

function convertAction(rule: JsonObject, namespace: string): JsonObject {
  const redirect = records(rule['filters']).find(filter => filter['type'] === 'RequestRedirect')
  const backends = records(rule['backendRefs'])
  const total = backends.reduce((sum, backend) => sum + (number(backend['weight']) ?? 1), 0)
  const policies = convertPolicies(rule)
  if (redirect !== undefined) return {...policies, redirect: record(redirect['requestRedirect'])}
  // Without a backend of any weight the Gateway API asks for an answer of 500.
  if (total === 0) return {...policies, directResponse: {status: 500}}
  return {...policies, route: backends.map(backend => convertBackend(backend, namespace))}
}

function convertBackend(backend: JsonObject, namespace: string): JsonObject {
  const name = text(backend['name']) ?? ''
  const kind = text(backend['kind']) ?? 'Service'
  const port = number(backend['port'])
  const host = kind === 'Hostname' ? name : serviceHost(name, text(backend['namespace']) || namespace)
  return {
    destination: {host, ...(port === undefined ? {} : {port: {number: port}})},
    weight: number(backend['weight']) ?? 1,
  }
}

/**
 * Retries and timeouts. `backendRequest` limits a try where `retry` is set, and else replaces the request's timeout;
 * zero is no limit. A `retry` without attempts makes two.
 */
function convertPolicies(rule: JsonObject): JsonObject {
  const timeouts = record(rule['timeouts'])
  const request = limit(timeouts['request'])
  const backendRequest = limit(timeouts['backendRequest'])
  const retry = rule['retry']
  if (!isRecord(retry)) return withoutNulls({timeout: backendRequest ?? request})
  const codes = (Array.isArray(retry['codes']) ? (retry['codes'] as readonly Json[]) : []).filter(
    code => typeof code === 'number',
  )
  const retryOn = [
    'connect-failure',
    'refused-stream',
    'unavailable',
    'cancelled',
    ...codes.map(String),
  ].join(',')
  const retries = {
    attempts: number(retry['attempts']) ?? 2,
    retryOn,
    perTryTimeout: backendRequest,
    backoff: text(retry['backoff']),
  }
  return withoutNulls({timeout: request, retries: withoutNulls(retries)})
}

function limit(value: Json | undefined): string | undefined {
  const written = text(value)
  return written !== undefined && (parseDuration(written) ?? 0) > 0 ? written : undefined
}

function withoutNulls(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined))
}
