import {record, records, text, texts} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import type {DeclaredCall} from './declared-calls.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {gatewaySelector, gatewayWorkloads, isIstioGateway} from './gateways.ts'
import {httpRoutesOf} from './http-routes.ts'
import {qualifyHost} from './hosts.ts'
import type {Client, Mesh, Server, Workload} from './mesh.ts'

/** Services that a gateway's routes send to: its proxies are clients of theirs. */
export function gatewayCalls(
  mesh: Mesh,
  gatewayClients: (gateway: KubeObject) => readonly Client[],
): readonly DeclaredCall[] {
  return mesh.objects('VirtualService').flatMap(route => {
    const spec = record(route.value['spec'])
    const gateways = texts(spec['gateways']).flatMap(
      reference => mesh.gateway(reference, route.id.namespace) ?? [],
    )
    if (gateways.length === 0) return []
    const why = (gateway: KubeObject, host: string): Fact =>
      fact(
        `VirtualService ${route.id.namespace}/${route.id.name} routes ${host} from Gateway ${gateway.id.namespace}/${gateway.id.name}`,
        route,
        ['spec', 'hosts'],
      )
    const servers = destinationsOf(mesh, route)
    return gateways
      .filter(isIstioGateway)
      .flatMap(gateway =>
        gatewayClients(gateway).flatMap(client =>
          servers.map(server => ({client, server, fact: why(gateway, texts(spec['hosts'])[0] ?? '*')})),
        ),
      )
  })
}

function destinationsOf(mesh: Mesh, route: KubeObject): readonly Server[] {
  const spec = record(route.value['spec'])
  const plain = ['tcp', 'tls'].flatMap(protocol =>
    records(spec[protocol]).flatMap(one =>
      records(one['route']).map(target => record(target['destination'])),
    ),
  )
  const targets = [
    ...httpRoutesOf(mesh, route).flatMap(one => one.destinations.map(({host, port}) => ({host, port}))),
    ...plain.map(one => ({
      host: qualifyHost(text(one['host']) ?? '', route.id.namespace),
      port: Number(record(one['port'])['number']) || null,
    })),
  ]
  const servers = targets.flatMap(({host, port}) => {
    const service = mesh.host(host, route.id.namespace)
    if (service === null) return []
    return service.ports
      .filter(one => (port === null ? service.ports.length === 1 : one.port === port))
      .map(one => ({service, port: one}))
  })
  return [...new Map(servers.map(server => [`${server.service.host}:${server.port.port}`, server])).values()]
}

/** Workloads that serve a gateway; where none is in the input one is assumed, since gateways are often installed elsewhere. */
export function servingWorkloads(mesh: Mesh, gateway: KubeObject): readonly Workload[] {
  const found = gatewayWorkloads(mesh, gateway)
  return found.length > 0 ? found : [assumedGateway(mesh, gateway)]
}

function assumedGateway(mesh: Mesh, gateway: KubeObject): Workload {
  const labels = gatewaySelector(gateway) ?? {}
  const name = labels['istio'] ?? labels['app'] ?? gateway.id.name
  const container = {
    name: 'istio-proxy',
    image: 'auto',
    init: false,
    ports: [],
    env: [],
    command: [],
    args: ['proxy', 'router'],
    probes: [],
    path: [],
  }
  return {
    object: gateway,
    kind: 'Deployment',
    namespace: mesh.meshConfig.rootNamespace,
    name: name === 'ingressgateway' || name === 'egressgateway' ? `istio-${name}` : name,
    labels,
    annotations: {},
    serviceAccount: 'default',
    hostNetwork: false,
    replicas: 1,
    containers: [container],
    templatePath: [],
    pods: [],
  }
}
