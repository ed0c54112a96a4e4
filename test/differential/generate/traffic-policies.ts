import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject, rootNamespace} from './objects.ts'
import type {ServicePlan, Topology} from './topology.ts'
import type {Namer} from './tls-policies.ts'

export function sidecars(random: Random, topology: Topology, name: Namer): readonly JsonObject[] {
  const {alpha, beta} = topology
  return [alpha, beta, rootNamespace].flatMap(namespace => {
    if (!random.chance(0.15)) return []
    const selector =
      namespace !== rootNamespace && random.chance(0.4) ? {workloadSelector: {labels: {app: 'caller'}}} : {}
    const outbound = random.chance(0.4)
      ? {outboundTrafficPolicy: {mode: random.pick(['ALLOW_ANY', 'REGISTRY_ONLY'])}}
      : {}
    const egress = [{hosts: egressHosts(random, topology)}]
    return [
      istioObject('Sidecar', namespace, name('sidecar'), {
        ...selector,
        ...outbound,
        egress: [...portListeners(random, topology), ...egress],
      }),
    ]
  })
}

function egressHosts(random: Random, {services}: Topology): readonly string[] {
  const own = random.chance(0.7) ? ['./*'] : []
  const named = random
    .some(services, 0.5)
    .map(
      service =>
        `${random.chance(0.5) ? service.namespace : '*'}/${random.chance(0.8) ? service.host : `*.${service.namespace}.svc.cluster.local`}`,
    )
  return ['istio-system/*', ...own, ...named]
}

/** A listener for one port, which takes precedence for it over the one for all. */
function portListeners(random: Random, topology: Topology): readonly JsonObject[] {
  if (!random.chance(0.2)) return []
  const {port, name} = random.pick(random.pick(topology.services).ports)
  const protocol = name === 'http' ? 'HTTP' : 'TCP'
  return [{port: {number: port, protocol, name: `listener-${port}`}, hosts: egressHosts(random, topology)}]
}

export function virtualServices(random: Random, topology: Topology, name: Namer): readonly JsonObject[] {
  const {alpha, beta} = topology
  return topology.services.flatMap(service => {
    // Several for one host compete: by exportTo first, then by age.
    const count = random.chance(0.3) ? (random.chance(0.3) ? 2 : 1) : 0
    return Array.from({length: count}, () => {
      const place = random.pick([service.namespace, alpha, beta])
      return istioObject('VirtualService', place, name('vs'), virtualService(random, service, topology))
    })
  })
}

function virtualService(random: Random, service: ServicePlan, topology: Topology): JsonObject {
  const exportTo = random.chance(0.25) ? {exportTo: [random.pick(['.', '*', topology.alpha])]} : {}
  const gateways = random.chance(0.1) ? {gateways: random.pick([['mesh'], ['mesh', 'front'], ['front']])} : {}
  const host = random.chance(0.9) ? service.host : `*.${service.namespace}.svc.cluster.local`
  const tcp = service.ports.filter(port => port.name !== 'http')
  const routesTcp = tcp.length > 0 && random.chance(0.4)
  return {
    hosts: [host],
    ...exportTo,
    ...gateways,
    ...(routesTcp && random.chance(0.4) ? {} : {http: httpRoutes(random, service, topology)}),
    ...(routesTcp
      ? {
          tcp: [
            {
              ...(random.chance(0.4) ? {match: [{port: random.pick(tcp).port}]} : {}),
              route: destinations(random, service, topology),
            },
          ],
        }
      : {}),
  }
}

function httpRoutes(random: Random, service: ServicePlan, topology: Topology): readonly JsonObject[] {
  const conditional = random.chance(0.3)
    ? [{match: [condition(random, service, topology)], route: destinations(random, service, topology)}]
    : []
  const timeout = random.chance(0.3) ? {timeout: '5s'} : {}
  const last =
    random.chance(0.92) || conditional.length === 0
      ? [{route: destinations(random, service, topology), ...timeout}]
      : []
  return [...conditional, ...last]
}

function condition(random: Random, service: ServicePlan, {beta}: Topology): JsonObject {
  return random.pick<JsonObject>([
    {headers: {'x-test': {exact: 'yes'}}},
    {sourceLabels: {app: 'caller'}},
    {sourceLabels: {app: 'nobody'}},
    {sourceNamespace: beta},
    {port: random.pick(service.ports).port},
    {uri: {prefix: '/'}},
    {uri: {prefix: '/never'}},
    {gateways: ['mesh'], sourceLabels: {app: 'nobody'}},
  ])
}

/** One destination, or two with weights; by a subset that may not exist, or to another service. */
function destinations(random: Random, service: ServicePlan, topology: Topology): readonly JsonObject[] {
  const one = (): JsonObject => {
    const target = random.chance(0.85) ? service : random.pick(topology.services)
    const subset = random.chance(0.55) ? {subset: random.pick(['v1', 'v2'])} : {}
    const port = random.chance(0.15) ? {port: {number: random.pick(target.ports).port}} : {}
    return {host: target.host, ...subset, ...port}
  }
  if (!random.chance(0.35)) return [{destination: one()}]
  const weight = random.pick([10, 50, 100])
  return [
    {destination: one(), weight},
    {destination: one(), weight: 100 - weight},
  ]
}
