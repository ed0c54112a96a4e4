import {hostCovers} from '../../mesh/hosts.ts'
import {entries, isRecord, record, records, text, texts} from '../../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../../objects/object.ts'

export type RouteProtocol = 'http' | 'tls' | 'tcp'

/** An entry of a VirtualService's `spec.http`, `tls` or `tcp` as written. */
export interface WrittenHttp {
  readonly value: JsonObject
  readonly path: Path
  readonly matches: readonly JsonObject[]
}

export const routeProtocols: readonly RouteProtocol[] = ['http', 'tls', 'tcp']

/** Objects are frozen, and many rules ask for the same routes. */
const known = {
  http: new WeakMap<KubeObject, readonly WrittenHttp[]>(),
  tls: new WeakMap<KubeObject, readonly WrittenHttp[]>(),
  tcp: new WeakMap<KubeObject, readonly WrittenHttp[]>(),
}

export function writtenHttp(
  virtualService: KubeObject,
  protocol: RouteProtocol = 'http',
): readonly WrittenHttp[] {
  const routes = known[protocol].get(virtualService) ?? readRoutes(virtualService, protocol)
  known[protocol].set(virtualService, routes)
  return routes
}

function readRoutes(virtualService: KubeObject, protocol: RouteProtocol): readonly WrittenHttp[] {
  return entries(record(virtualService.value['spec'])[protocol]).map(([index, value]) => ({
    value,
    path: ['spec', protocol, index],
    matches: records(value['match']),
  }))
}

/** Whether an entry takes every request of every client and port, so that nothing behind it is reached. */
export function takesAll({value, matches}: WrittenHttp): boolean {
  if (isRecord(value['delegate'])) return false
  return matches.length === 0 || matches.some(match => Object.keys(meaningful(match)).length === 0)
}

/**
 * Whether whatever meets the second match meets the first as well: each condition of the first is there too, the uri
 * under the same prefix (istio pilot/pkg/networking/core/route/route.go translateRouteMatch: a prefix is one of text).
 */
export function covers(first: JsonObject, second: JsonObject): boolean {
  const outer = meaningful(first)
  const inner = meaningful(second)
  if ((outer['ignoreUriCase'] ?? false) !== (inner['ignoreUriCase'] ?? false)) return false
  return Object.entries(outer).every(([field, condition]) => {
    if (field === 'uri') return uriCovers(record(condition), record(inner['uri']))
    if (field === 'headers' || field === 'queryParams' || field === 'sourceLabels')
      return Object.entries(record(condition)).every(([key, value]) => same(value, record(inner[field])[key]))
    if (field === 'sniHosts') return sniCovers(texts(condition), texts(inner[field]))
    return same(condition, inner[field])
  })
}

function uriCovers(outer: JsonObject, inner: JsonObject): boolean {
  const prefix = text(outer['prefix'])
  if (prefix === undefined) return same(outer, inner)
  const below = text(inner['prefix']) ?? text(inner['exact'])
  return below !== undefined && below.startsWith(prefix)
}

/** Each name that the second admits is admitted by the first. */
function sniCovers(outer: readonly string[], inner: readonly string[]): boolean {
  return inner.length > 0 && inner.every(name => outer.some(pattern => hostCovers(pattern, name)))
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

/** A match without its name, empty conditions, and the uri that every request meets. */
function meaningful(match: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(match).filter(([field, value]) => {
      if (field === 'name' || field === 'statPrefix' || value === undefined || value === null) return false
      if (field === 'uri') {
        const uri = record(value)
        return Object.keys(uri).length > 0 && uri['prefix'] !== '/' && uri['regex'] !== '.*'
      }
      return !isRecord(value) || Object.keys(value).length > 0
    }),
  )
}
