import {hostCovers} from './hosts.ts'
import type {Mesh, Server, Service, Workload} from './mesh.ts'
import {mayBeHttp} from './protocols.ts'
import type {RouteOwner} from './route-owners.ts'
import {possibleRoutes} from './routes.ts'
import {bypasses} from './transport.ts'
import {claimsOf, claimsOnUnknown} from './virtual-services.ts'
import type {Claims} from './virtual-services.ts'

/**
 * A VirtualService that the client has routes its hosts even where the client does not have the service: on port 80, and
 * on ports of other hosts of it that the client does have (route.go buildSidecarVirtualHostsForVirtualService). Then only
 * its destinations need clusters. Null where none does.
 */
export function claimsThoughHidden(mesh: Mesh, client: Workload, server: Server): Claims | null {
  const {service, port} = server
  if (!mayBeHttp(port.protocol) || bypasses(mesh, client, server)) return null
  if (!mesh.sidecarScope(client).routesHttp(port.port)) return null
  const all = claimsOnUnknown(mesh, client, service, port.port)
  const reaches = (owner: RouteOwner): boolean => routesHidden(mesh, client, server, owner)
  const claims = {...all, claimants: all.claimants.filter(reaches), rivals: all.rivals.filter(reaches)}
  const routed = possibleRoutes(mesh, client, server, claims).every(table => table.choice !== null)
  return claims.claimants.length > 0 && routed ? claims : null
}

function routesHidden(mesh: Mesh, client: Workload, {service, port}: Server, owner: RouteOwner): boolean {
  if (owner.gatewayApi) return false
  const {hosts} = owner
  const seen = mesh.services.filter(
    other =>
      other !== service &&
      hosts.some(host => hostCovers(host, other.host)) &&
      hasHttp(other, port.port) &&
      mesh.visible(client, other, port.port).visible,
  )
  // A wildcard that covers any service which is known stands for such services only.
  const named =
    hosts.includes(service.host.toLowerCase()) ||
    hosts.some(host => hostCovers(host, service.host) && !seen.some(other => hostCovers(host, other.host)))
  return named && (port.port === 80 || seen.some(other => isServedBy(mesh, client, other, owner, port.port)))
}

function hasHttp(service: Service, port: number): boolean {
  return service.ports.some(one => one.port === port && mayBeHttp(one.protocol))
}

/** Of a wildcard, whether no more specific VirtualService has the service. */
function isServedBy(
  mesh: Mesh,
  client: Workload,
  service: Service,
  owner: RouteOwner,
  port: number,
): boolean {
  if (owner.hosts.includes(service.host.toLowerCase())) return true
  return claimsOf(mesh, client, service, port).claimants[0]?.objects[0] === owner.objects[0]
}
