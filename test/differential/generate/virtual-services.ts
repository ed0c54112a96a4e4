import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject} from './objects.ts'
import type {PortPlan} from './ports.ts'
import type {Namer} from './tls-policies.ts'
import type {ServicePlan, Topology} from './topology.ts'

export function virtualServices(random: Random, topology: Topology, name: Namer): readonly JsonObject[] {
  return topology.services.flatMap(service => {
    // Several for one host compete: by exportTo first, then by age.
    const count = random.chance(0.28) ? (random.chance(0.3) ? 2 : 1) : 0
    return Array.from({length: count}, () => {
      const place = random.pick([service.namespace, ...topology.namespaces])
      const spec = virtualService(random, service, topology, place)
      const own = name('vs')
      if (!('http' in spec) || !random.chance(0.1)) return [istioObject('VirtualService', place, own, spec)]
      return delegated(random, {topology, place, name: own, spec})
    }).flat()
  })
}

interface Written {
  readonly topology: Topology
  readonly place: string
  readonly name: string
  readonly spec: JsonObject
}

/** The same routes, held by a second VirtualService that may be elsewhere, missing, or kept from the first. */
function delegated(random: Random, {topology, place, name, spec}: Written): readonly JsonObject[] {
  const home = random.pick([place, topology.alpha, topology.beta])
  const delegate = `${name}-delegate`
  const match = random.chance(0.25) ? {match: [{uri: {prefix: random.pick(['/', '/never'])}}]} : {}
  const exportTo = random.chance(0.3) ? {exportTo: [random.pick(['.', '*', place])]} : {}
  const plain = random.chance(0.3) ? [{route: [{destination: firstHost(spec)}]}] : []
  const root = {...spec, http: [{...match, delegate: {name: delegate, namespace: home}}, ...plain]}
  const held = random.chance(0.85)
    ? [istioObject('VirtualService', home, delegate, {...exportTo, http: spec['http'] ?? []})]
    : []
  return [istioObject('VirtualService', place, name, root), ...held]
}

function firstHost({hosts}: JsonObject): JsonObject {
  return {host: (hosts as readonly string[])[0] ?? ''}
}

function virtualService(random: Random, service: ServicePlan, topology: Topology, place: string): JsonObject {
  const exportTo = random.chance(0.25)
    ? {exportTo: random.pick([['.'], ['*'], [topology.alpha], ['.', topology.beta]])}
    : {}
  const gateways = random.chance(0.1) ? {gateways: random.pick([['mesh'], ['mesh', 'front'], ['front']])} : {}
  const another = random.chance(0.08) ? [random.pick(topology.services).host] : []
  const tcp = service.ports.filter(port => port.speaks !== 'tls' && !port.name.startsWith('http'))
  const tls = service.ports.filter(port => port.speaks === 'tls')
  const routesTcp = tcp.length > 0 && random.chance(0.4)
  const routesTls = tls.length > 0 && random.chance(0.5)
  return {
    hosts: [...new Set([hostFor(random, service, place), ...another])],
    ...exportTo,
    ...gateways,
    ...((routesTcp || routesTls) && random.chance(0.4) ? {} : {http: httpRoutes(random, service, topology)}),
    ...(routesTcp ? {tcp: [tcpRoute(random, service, topology, tcp)]} : {}),
    ...(routesTls ? {tls: [tlsRoute(random, service, topology, tls)]} : {}),
  }
}

function hostFor(random: Random, service: ServicePlan, place: string): string {
  if (random.chance(0.1)) return `*.${service.namespace}.svc.cluster.local`
  return place === service.namespace && random.chance(0.2) ? service.name : service.host
}

function tcpRoute(
  random: Random,
  service: ServicePlan,
  topology: Topology,
  ports: readonly PortPlan[],
): JsonObject {
  const match = random.pick<JsonObject>([
    {},
    {},
    {match: [{port: random.pick(ports).port}]},
    {match: [{sourceLabels: {app: random.pick(['caller', 'nobody'])}}]},
    {match: [{sourceNamespace: topology.beta}]},
  ])
  return {...match, route: destinations(random, service, topology)}
}

function tlsRoute(
  random: Random,
  service: ServicePlan,
  topology: Topology,
  ports: readonly PortPlan[],
): JsonObject {
  const sniHosts = [random.chance(0.8) ? service.host : `*.${service.namespace}.svc.cluster.local`]
  const port = random.chance(0.3) ? {port: random.pick(ports).port} : {}
  return {match: [{sniHosts, ...port}], route: destinations(random, service, topology)}
}

function httpRoutes(random: Random, service: ServicePlan, topology: Topology): readonly JsonObject[] {
  const conditional = random.chance(0.3)
    ? [{match: conditions(random, service, topology), route: destinations(random, service, topology)}]
    : []
  const timeout = random.chance(0.3) ? {timeout: '5s'} : {}
  const last =
    random.chance(0.92) || conditional.length === 0
      ? [random.chance(0.94) ? {route: destinations(random, service, topology), ...timeout} : answer(random)]
      : []
  return [...conditional, ...last]
}

/** What the client's proxy answers itself. */
function answer(random: Random): JsonObject {
  return random.pick<JsonObject>([
    {redirect: {uri: '/elsewhere'}},
    {directResponse: {status: 200}},
    {directResponse: {status: 204}},
  ])
}

function conditions(random: Random, service: ServicePlan, topology: Topology): readonly JsonObject[] {
  const count = random.chance(0.15) ? 2 : 1
  return Array.from({length: count}, () => condition(random, service, topology))
}

function condition(random: Random, service: ServicePlan, {beta}: Topology): JsonObject {
  return random.pick<JsonObject>([
    {headers: {'x-test': {exact: 'yes'}}},
    {sourceLabels: {app: 'caller'}},
    {sourceLabels: {app: 'nobody'}},
    {sourceLabels: {app: 'caller', odd: 'yes'}},
    {sourceNamespace: beta},
    {port: random.pick(service.ports).port},
    {uri: {prefix: '/'}},
    {uri: {prefix: '/never'}},
    {uri: {prefix: '/'}, headers: {'x-test': {exact: 'yes'}}},
    {gateways: ['mesh'], sourceLabels: {app: 'nobody'}},
    {gateways: ['front']},
  ])
}

/** One destination, or two with weights; by a subset that may not exist, or to another service. */
function destinations(random: Random, service: ServicePlan, topology: Topology): readonly JsonObject[] {
  const one = (): JsonObject => {
    const target = random.chance(0.85) ? service : random.pick(topology.services)
    const subset = random.chance(0.5) ? {subset: random.pick(['v1', 'v2'])} : {}
    const port = random.chance(0.15) ? {port: {number: random.pick(target.ports).port}} : {}
    const host = random.chance(0.02) ? 'nobody.example.com' : target.host
    return {host, ...subset, ...port}
  }
  if (!random.chance(0.35)) return [{destination: one()}]
  const weight = random.pick([10, 50, 100])
  return [
    {destination: one(), weight},
    {destination: one(), weight: 100 - weight},
  ]
}
