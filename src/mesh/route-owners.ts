import {record, texts} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {oldestFirst} from './age.ts'
import {convertedRoutes, isHttpRoute, mostSpecificFirst, serviceParents} from './gateway-api-routes.ts'
import {gatewayKey} from './gateways.ts'
import {isWildcard, qualifyHost} from './hosts.ts'
import {httpRoutesOf, readHttpRoute} from './http-routes.ts'
import type {HttpRoute} from './http-routes.ts'
import type {Mesh} from './mesh.ts'
import {perMesh} from './per-mesh.ts'

/**
 * What may own the routes of a host in the mesh: a VirtualService of the gateway `mesh`, or the HTTPRoutes of one
 * namespace that are attached to one Service (istiod merges them into one VirtualService, as old as the oldest).
 */
export interface RouteOwner {
  /** The oldest first. */
  readonly objects: readonly [KubeObject, ...KubeObject[]]
  readonly namespace: string
  /** Fully qualified and in lower case. */
  readonly hosts: readonly string[]
  /** Namespaces that see it, `.` replaced by its own; `*` alone for everybody, empty for nobody. */
  readonly exportTo: ReadonlySet<string>
  readonly gatewayApi: boolean
  /** Its HTTP routes, delegates merged in. */
  http(): readonly HttpRoute[]
}

export interface RouteOwners {
  /** Oldest first, by exact host and by wildcard. */
  readonly exact: ReadonlyMap<string, readonly RouteOwner[]>
  readonly wildcard: ReadonlyMap<string, readonly RouteOwner[]>
}

/** VirtualServices of Istio that have hosts, bound to the gateway `mesh` (which is the default). */
export function isMeshBound(virtualService: KubeObject): boolean {
  const {gateways, hosts} = record(virtualService.value['spec'])
  const bound = texts(gateways)
  // App Mesh has a VirtualService too.
  if (!virtualService.id.apiVersion.startsWith('networking.istio.io/')) return false
  return texts(hosts).length > 0 && (bound.length === 0 || bound.includes('mesh'))
}

/** Gateways that a VirtualService is bound to, as `namespace/name`, `mesh` left out. */
export function gatewaysOf(virtualService: KubeObject): readonly string[] {
  return texts(record(virtualService.value['spec'])['gateways'])
    .map(ref => gatewayKey(ref, virtualService.id.namespace))
    .filter(key => key !== 'mesh')
}

/** The fully qualified hosts of a VirtualService, in lower case. */
export function virtualServiceHosts(virtualService: KubeObject): readonly string[] {
  return texts(record(virtualService.value['spec'])['hosts']).map(host =>
    qualifyHost(host, virtualService.id.namespace).toLowerCase(),
  )
}

export const routeOwners = perMesh((mesh): RouteOwners => {
  const owners = oldestOwnersFirst([...virtualServiceOwners(mesh), ...httpRouteOwners(mesh)])
  const exact = new Map<string, RouteOwner[]>()
  const wildcard = new Map<string, RouteOwner[]>()
  for (const owner of owners) {
    for (const host of new Set(owner.hosts)) {
      const index = isWildcard(host) ? wildcard : exact
      const group = index.get(host)
      if (group === undefined) index.set(host, [owner])
      else group.push(owner)
    }
  }
  return {exact, wildcard}
})

export function oldestOwnersFirst(owners: readonly RouteOwner[]): readonly RouteOwner[] {
  const order = new Map(
    oldestFirst(owners.map(owner => owner.objects[0])).map((object, index) => [object, index]),
  )
  return [...owners].sort((a, b) => (order.get(a.objects[0]) ?? 0) - (order.get(b.objects[0]) ?? 0))
}

function virtualServiceOwners(mesh: Mesh): readonly RouteOwner[] {
  return mesh
    .objects('VirtualService')
    .filter(isMeshBound)
    .map(object => ({
      objects: [object],
      namespace: object.id.namespace,
      hosts: virtualServiceHosts(object),
      exportTo: exportToOf(mesh, object),
      gatewayApi: false,
      http: () => httpRoutesOf(mesh, object),
    }))
}

/** istio pilot/pkg/config/kube/gateway/route_collections.go HTTPRouteCollection and mergeHTTPRoutes. */
function httpRouteOwners(mesh: Mesh): readonly RouteOwner[] {
  const groups = new Map<
    string,
    {host: string; port: number | null; objects: [KubeObject, ...KubeObject[]]}
  >()
  for (const object of oldestFirst(mesh.objects('HTTPRoute').filter(isHttpRoute))) {
    for (const {host, port} of serviceParents(object)) {
      const key = `${object.id.namespace}/${port ?? ''}/${host}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, {host, port, objects: [object]})
      else if (group.objects.at(-1) !== object) group.objects.push(object)
    }
  }
  return [...groups.values()].map(({host, port, objects}) => ({
    objects,
    namespace: objects[0].id.namespace,
    hosts: [host.toLowerCase()],
    exportTo: exportToOf(mesh, objects[0]),
    gatewayApi: true,
    http: () =>
      mostSpecificFirst(objects.flatMap(object => convertedRoutes(object, port))).map(route =>
        readHttpRoute(mesh, route),
      ),
  }))
}

function exportToOf(mesh: Mesh, object: KubeObject): ReadonlySet<string> {
  const written = isHttpRoute(object) ? [] : texts(record(object.value['spec'])['exportTo'])
  const effective = written.length > 0 ? written : mesh.meshConfig.defaultVirtualServiceExportTo
  if (effective.length === 0 || effective.includes('*')) return new Set(['*'])
  if (effective.includes('~')) return new Set()
  return new Set(effective.map(entry => (entry === '.' ? object.id.namespace : entry)))
}
