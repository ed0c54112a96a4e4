import {at, entries, isRecord, record, text} from '../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import {httpRoutesOf} from '../../mesh/http-routes.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {triesFit} from '../../mesh/retries.ts'
import {isMeshBound, routeOwners, virtualServiceHosts} from '../../mesh/route-owners.ts'
import {withValue} from '../edit.ts'
import {named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {representatives} from '../winning-rules.ts'
import {routesTo} from './streams.ts'

/**
 * The VirtualServices whose routes requests to a service follow: one serves a host for a client, they are never
 * merged (istio-semantics B8), so a timeout goes into that one; only where there is none is a new one heard.
 */
export interface RouteTarget {
  readonly virtualServices: readonly KubeObject[]
  /** Whether some client follows Istio's default route, so that a VirtualService is to be made. */
  readonly missing: boolean
  readonly blockers: readonly Reason[]
  readonly unknowns: readonly Reason[]
}

export function routeTarget(mesh: Mesh, service: Service): RouteTarget {
  const choices = meshClients(mesh, service).map(client => mesh.virtualService(client, service))
  const winners = [...new Set(choices.flatMap(choice => choice?.virtualService ?? []))]
  const missing = choices.some(choice => choice === null)
  const rivals = [...new Set(choices.flatMap(choice => choice?.rivals ?? []))]
  const unseen = missing ? hiddenOwners(mesh, service) : []
  return {
    virtualServices: winners,
    missing,
    blockers: [...winners.flatMap(winner => ownerObstacles(mesh, service, winner)), ...unseen],
    unknowns:
      rivals.length === 0
        ? []
        : [
            reason(
              'rival-policies-without-age',
              `several VirtualServices claim ${service.host}; only the oldest counts, and their age is not known`,
              rivals.map(rival => fact('a rival', rival, ['spec', 'hosts'])),
              'keep one of them and delete the others',
            ),
          ],
  }
}

/** Clients that follow routes of the mesh; a gateway follows those bound to it. */
function meshClients(mesh: Mesh, service: Service): readonly Workload[] {
  return representatives(mesh, service).filter(client => mesh.injection(client).mode !== 'gateway')
}

function ownerObstacles(mesh: Mesh, service: Service, owner: KubeObject): readonly Reason[] {
  if (owner.id.kind === 'HTTPRoute') {
    return [
      reason(
        'http-route-owns',
        `${named(owner.id)} owns the routes of ${service.host}; a VirtualService beside it would compete with it`,
        [fact('attached to the Service', owner, ['spec', 'parentRefs'])],
        'set timeouts.request in the rules of the HTTPRoute',
      ),
    ]
  }
  const routes = httpRoutesOf(mesh, owner)
  const delegated = routes.find(({object}) => object !== owner)
  if (delegated !== undefined) {
    return [
      reason(
        'delegated-routes',
        `${named(owner.id)} delegates routes of ${service.host} to ${named(delegated.object.id)}`,
        [fact('a delegate', delegated.object, delegated.path)],
        `set the timeout in ${named(delegated.object.id)}`,
      ),
    ]
  }
  const others = virtualServiceHosts(owner).filter(host => host !== service.host.toLowerCase())
  const elsewhere = routes.some(({destinations}) =>
    destinations.some(({host}) => mesh.host(host, owner.id.namespace) !== service),
  )
  if (others.length === 0 || !elsewhere) return []
  return [
    reason(
      'shared-virtual-service',
      `${named(owner.id)} serves other hosts with the same routes: ${others.join(', ')}`,
      [fact('its hosts', owner, ['spec', 'hosts'])],
      `give ${service.host} a VirtualService of its own`,
    ),
  ]
}

/** One that is there for the host and does not reach every client: a second one would only confuse who wins. */
function hiddenOwners(mesh: Mesh, service: Service): readonly Reason[] {
  const owners = routeOwners(mesh).exact.get(service.host.toLowerCase()) ?? []
  return owners
    .filter(owner => !owner.gatewayApi && owner.namespace === service.namespace)
    .map(owner => owner.objects[0])
    .map(one =>
      reason(
        'virtual-service-hidden',
        `${named(one.id)} is for ${service.host} and does not reach all of its clients`,
        [fact('its export', one, ['spec', 'exportTo'])],
        'export it to the namespaces of the clients',
      ),
    )
}

/** Retries which the timeout would cut short: the later tries would never happen (D2). */
export function budgetObstacles(mesh: Mesh, virtualService: KubeObject, timeout: string): readonly Reason[] {
  return httpRoutesOf(mesh, virtualService).flatMap(({retries, backoff, object, path}) => {
    const written = text(record(at(object.value, path))['timeout'])
    if (written !== undefined || triesFit(retries, timeout, backoff) !== false) return []
    const tries = (retries?.attempts ?? 0) + 1
    return [
      reason(
        'retry-budget-exceeds-timeout',
        `${named(object.id)} allows ${tries} tries of ${retries?.perTryTimeout ?? ''} each, more than a timeout of ${timeout} leaves time for`,
        [fact('its retries', object, [...path, 'retries'])],
        `--timeout with at least ${tries} times ${retries?.perTryTimeout ?? ''}, or fewer attempts`,
      ),
    ]
  })
}

/** Routes that send no request on have nothing to time out; `0s` is somebody's word for "no limit" and stays. */
function takesTimeout(route: JsonObject): boolean {
  return (
    text(route['timeout']) === undefined &&
    !isRecord(route['redirect']) &&
    !isRecord(route['directResponse']) &&
    !isRecord(route['delegate'])
  )
}

export function lacksTimeout(virtualService: KubeObject): boolean {
  const routes = entries(record(virtualService.value['spec'])['http'])
  return routes.length === 0 || routes.some(([, route]) => takesTimeout(route))
}

/** Every route of a VirtualService that has none gets the timeout; one without HTTP routes gets the default route. */
export function withTimeouts(value: JsonObject, timeout: string, host: string): JsonObject {
  const routes = entries(record(value['spec'])['http'])
  if (routes.length === 0)
    return withValue(value, ['spec', 'http'], [{route: [{destination: {host}}], timeout}])
  return routes
    .filter(([, route]) => takesTimeout(route))
    .reduce((current, [index]) => withValue(current, ['spec', 'http', index, 'timeout'], timeout), value)
}

/** Routes of gateways that lead to the service alone: what comes in from outside follows these and no other. */
export function gatewayRoutesWithout(mesh: Mesh, service: Service): ReturnType<typeof routesTo> {
  return routesTo(mesh, service).filter(({object, path, alone}) => {
    const route = at(object.value, path)
    return (
      alone &&
      !isMeshBound(object) &&
      virtualServiceHosts(object).length > 0 &&
      isRecord(route) &&
      takesTimeout(route)
    )
  })
}
