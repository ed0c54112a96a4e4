import {at, record, records, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import {httpRoutesOf} from '../../mesh/http-routes.ts'
import type {Mesh, Service, ServicePort} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {mayBeHttp} from '../../mesh/protocols.ts'

/** Ports on which requests are routed as HTTP, so that a timeout can hold. */
export function httpPorts(service: Service): readonly ServicePort[] {
  return service.ports.filter(port => mayBeHttp(port.protocol))
}

/** What shows that long-lived streams run over a service: a timeout covers a whole response and would cut them (D1). */
export function streamsOf(mesh: Mesh, service: Service): readonly Fact[] {
  const ports = service.ports.flatMap(port => streamingPort(service, port))
  const routes = routesTo(mesh, service)
    .filter(({upgrades}) => upgrades)
    .map(({object, path}) =>
      fact(`a route of ${object.id.kind} ${object.id.name} upgrades to a web socket`, object, path),
    )
  return [...ports, ...routes]
}

function streamingPort(service: Service, port: ServicePort): readonly Fact[] {
  const appProtocol = text(record(at(service.object.value, port.path))['appProtocol']) ?? ''
  if (/^kubernetes\.io\/wss?$/.test(appProtocol))
    return [
      fact(`port ${port.port} is a web socket (${appProtocol})`, service.object, [
        ...port.path,
        'appProtocol',
      ]),
    ]
  if (port.protocol === 'GRPC')
    return [fact(`port ${port.port} is gRPC, which may stream`, service.object, port.path)]
  const named = /(^|-)(ws|wss|websocket|stream|sse)(-|$)/i.test(port.name ?? '')
  return named && mayBeHttp(port.protocol)
    ? [fact(`port ${port.port} is named ${port.name ?? ''}`, service.object, [...port.path, 'name'])]
    : []
}

export interface RouteTo {
  readonly object: KubeObject
  readonly path: readonly (string | number)[]
  /** Whether all that the route sends goes to this one service. */
  readonly alone: boolean
  readonly upgrades: boolean
}

/** The routes of VirtualServices that send to a service, whatever host or gateway they are for. */
export function routesTo(mesh: Mesh, service: Service): readonly RouteTo[] {
  return routesByHost(mesh).get(service.host.toLowerCase()) ?? []
}

const routesByHost = perMesh((mesh): ReadonlyMap<string, readonly RouteTo[]> => {
  const index = new Map<string, RouteTo[]>()
  for (const virtualService of mesh.objects('VirtualService')) {
    for (const {destinations, object, path} of httpRoutesOf(mesh, virtualService)) {
      const hosts = new Set(destinations.map(({host}) => host.toLowerCase()))
      const upgrades = records(at(object.value, [...path, 'match'])).some(match =>
        Object.keys(record(match['headers'])).some(name => name.toLowerCase() === 'upgrade'),
      )
      for (const host of hosts) {
        const routes = index.get(host) ?? []
        index.set(host, routes)
        if (!routes.some(route => route.object === object && route.path.join() === path.join()))
          routes.push({object, path, alone: hosts.size === 1, upgrades})
      }
    }
  }
  return index
})
