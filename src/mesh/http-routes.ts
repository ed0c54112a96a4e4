import {entries, isRecord, number, record, text} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'
import {writtenRoutes} from './delegates.ts'
import type {DroppedRoute, WrittenRoute} from './delegates.ts'
import {readFaults} from './faults.ts'
import {convertedRoutes, isHttpRoute, serviceParents} from './gateway-api-routes.ts'
import {readHttpMatch} from './http-match.ts'
import type {HttpMatch} from './http-match.ts'
import type {Mesh, Route} from './mesh.ts'
import type {Faults, Retries} from './outcome.ts'
import {perMesh} from './per-mesh.ts'
import {readRetries} from './retries.ts'
import {readTimeout} from './timeouts.ts'

export type Destination = Route['destinations'][number]

/** One HTTP route as its object has it, whichever client asks: defaults of the mesh are not filled in. */
export interface HttpRoute {
  readonly name: string | null
  /** Any of them is enough; empty where the route takes every request. */
  readonly matches: readonly HttpMatch[]
  /** Hosts are fully qualified; those without weight are left out as istiod does it; empty for an answer of its own. */
  readonly destinations: readonly Destination[]
  readonly mirrors: readonly Destination[]
  readonly timeout: string | null
  /** Null where none are set, so that the mesh's default holds; `attempts: 0` where they are turned off. */
  readonly retries: Retries | null
  /** The base of the pauses between tries, null for Envoy's 25ms. */
  readonly backoff: string | null
  readonly faults: Faults | null
  readonly redirect: boolean
  readonly directResponse: number | null
  /** The object that holds it: the delegate where a root VirtualService delegates. */
  readonly object: KubeObject
  readonly path: Path
}

const known = perMesh(() => new Map<KubeObject, readonly HttpRoute[]>())

/**
 * The HTTP routes of a VirtualService (with its delegates) or of an HTTPRoute that is attached to a Service, in order
 * and independent of who calls; bound to a gateway or not.
 */
export function httpRoutesOf(mesh: Mesh, object: KubeObject): readonly HttpRoute[] {
  const found = known(mesh).get(object)
  if (found !== undefined) return found
  const written = isHttpRoute(object) ? routesOfParents(object) : writtenRoutes(mesh, object).routes
  const routes = written.map(route => readHttpRoute(mesh, route))
  known(mesh).set(object, routes)
  return routes
}

/** Routes of a root VirtualService that no delegate can serve. */
export function droppedRoutesOf(mesh: Mesh, virtualService: KubeObject): readonly DroppedRoute[] {
  return isHttpRoute(virtualService) ? [] : writtenRoutes(mesh, virtualService).dropped
}

/** Rules repeat for every parent port, since the port becomes part of the match; one without parents counts once. */
function routesOfParents(route: KubeObject): readonly WrittenRoute[] {
  const ports = new Set(serviceParents(route).map(parent => parent.port))
  return (ports.size === 0 ? [null] : [...ports]).flatMap(port => convertedRoutes(route, port))
}

export function readHttpRoute(mesh: Mesh, {value, object, path}: WrittenRoute): HttpRoute {
  const direct = value['directResponse']
  const redirect = isRecord(value['redirect'])
  const answersItself = redirect || isRecord(direct)
  return {
    name: text(value['name']) ?? null,
    matches: entries(value['match']).map(([, match]) => readHttpMatch(match)),
    destinations: answersItself ? [] : readDestinations(mesh, value, object, path),
    mirrors: readMirrors(mesh, value, object, path),
    timeout: readTimeout(value['timeout']),
    retries: readRetries(value['retries'], 'route', mesh.version),
    backoff: text(record(value['retries'])['backoff']) ?? null,
    faults: readFaults(value['fault']),
    redirect,
    directResponse: isRecord(direct) && !redirect ? (number(direct['status']) ?? 200) : null,
    object,
    path,
  }
}

/**
 * The weighted destinations of a route of any protocol: a single one takes everything whatever its weight, of several
 * those with weight 0 are dropped (istio pilot/pkg/networking/core/route/route.go applyHTTPRouteDestination).
 */
export function readDestinations(
  mesh: Mesh,
  route: JsonObject,
  object: KubeObject,
  path: Path,
): readonly Destination[] {
  const backends = isHttpRoute(object) ? 'backendRefs' : 'route'
  const all = entries(route['route']).map(([index, one]) => {
    const place: Path = isHttpRoute(object)
      ? [...path, backends, index]
      : [...path, backends, index, 'destination']
    return readDestination(mesh, one['destination'], object, place, number(one['weight']) ?? 0)
  })
  return all.length === 1 ? all.map(one => ({...one, weight: 100})) : all.filter(one => one.weight > 0)
}

function readMirrors(mesh: Mesh, route: JsonObject, object: KubeObject, path: Path): readonly Destination[] {
  const single = isRecord(route['mirror'])
    ? [readDestination(mesh, route['mirror'], object, [...path, 'mirror'], 100)]
    : []
  const several = entries(route['mirrors']).map(([index, mirror]) =>
    readDestination(mesh, mirror['destination'], object, [...path, 'mirrors', index, 'destination'], 100),
  )
  return [...single, ...several]
}

function readDestination(
  mesh: Mesh,
  value: Json | undefined,
  object: KubeObject,
  path: Path,
  weight: number,
): Destination {
  const {host, subset, port} = record(value)
  return {
    host: mesh.qualify(text(host) ?? '', object.id.namespace),
    subset: text(subset) || null,
    port: number(record(port)['number']) || null,
    weight,
    path,
  }
}
