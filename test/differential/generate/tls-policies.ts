import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject, rootNamespace} from './objects.ts'
import {targetNumbers} from './ports.ts'
import type {ServicePlan, Topology} from './topology.ts'

/** Gives objects names of which the order is random: where two are of one age, the name decides. */
export type Namer = (kind: string) => string

function policyMode(random: Random): string {
  return random.pick(['STRICT', 'STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET'])
}

export function peerAuthentications(
  random: Random,
  {services, namespaces}: Topology,
  name: Namer,
): readonly JsonObject[] {
  const policies: JsonObject[] = []
  const add = (namespace: string, spec: JsonObject): void => {
    policies.push(istioObject('PeerAuthentication', namespace, name('pa'), spec))
  }
  const wide = (): JsonObject => (random.chance(0.92) ? {mtls: {mode: policyMode(random)}} : {})
  if (random.chance(0.35)) add(rootNamespace, wide())
  if (random.chance(0.1))
    add(rootNamespace, {selector: {matchLabels: {app: random.pick(services).app}}, mtls: {mode: 'STRICT'}})
  for (const namespace of namespaces) {
    if (random.chance(0.35)) add(namespace, wide())
    if (random.chance(0.08)) add(namespace, {selector: {matchLabels: {}}, mtls: {mode: policyMode(random)}})
  }
  for (const service of services) {
    for (let count = random.chance(0.4) ? (random.chance(0.2) ? 2 : 1) : 0; count > 0; count--) {
      add(service.namespace, workloadPolicy(random, service))
    }
  }
  return policies
}

function workloadPolicy(random: Random, service: ServicePlan): JsonObject {
  const labels =
    random.chance(0.5) || service.versions.length === 0
      ? {app: service.app}
      : {app: service.app, version: random.pick(service.versions)}
  const port = random.pick(service.ports)
  // A port by the Service's number has no effect, unless it is the container's as well.
  const key = String(random.chance(0.8) ? random.pick(targetNumbers(port)) : port.port)
  const ports = random.chance(0.4) ? {portLevelMtls: {[key]: {mode: policyMode(random)}}} : {}
  return {
    selector: {matchLabels: labels},
    ...(random.chance(0.8) ? {mtls: {mode: policyMode(random)}} : {}),
    ...ports,
  }
}

function tls(random: Random): JsonObject {
  return random.pick<JsonObject>([
    {mode: 'DISABLE'},
    {mode: 'DISABLE'},
    {mode: 'ISTIO_MUTUAL'},
    {mode: 'ISTIO_MUTUAL'},
    {mode: 'ISTIO_MUTUAL'},
    {mode: 'ISTIO_MUTUAL', subjectAltNames: ['spiffe://cluster.local/ns/nowhere/sa/nobody']},
    {mode: 'SIMPLE'},
    {mode: 'SIMPLE', credentialName: 'certificate'},
    {mode: 'MUTUAL', credentialName: 'certificate'},
    {mode: 'MUTUAL', clientCertificate: '/etc/own/cert.pem', privateKey: '/etc/own/key.pem'},
    {},
  ])
}

function trafficPolicy(random: Random, service: ServicePlan): JsonObject {
  return {
    ...(random.chance(0.65) ? {tls: tls(random)} : {connectionPool: {tcp: {maxConnections: 100}}}),
    ...(random.chance(0.2) ? {outlierDetection: {consecutive5xxErrors: 5}} : {}),
    ...(random.chance(0.06) ? {loadBalancer: {simple: 'PASSTHROUGH'}} : {}),
    ...(random.chance(0.25) ? {portLevelSettings: [portLevel(random, service)]} : {}),
  }
}

function portLevel(random: Random, service: ServicePlan): JsonObject {
  const {port, targetPort} = random.pick(service.ports)
  const number = random.chance(0.85) || typeof targetPort === 'string' ? port : targetPort
  return {port: {number}, ...(random.chance(0.5) ? {tls: tls(random)} : {loadBalancer: {simple: 'RANDOM'}})}
}

export function destinationRules(
  random: Random,
  {services, alpha, namespaces}: Topology,
  name: Namer,
): readonly JsonObject[] {
  return services.flatMap(service => {
    const places = [...namespaces, rootNamespace]
    return random.some(places, 0.18).flatMap(place => {
      // Two rules for one host in one namespace are merged.
      const count = random.chance(0.2) ? 2 : 1
      return Array.from({length: count}, () =>
        istioObject('DestinationRule', place, name('dr'), destinationRule(random, service, alpha, place)),
      )
    })
  })
}

function destinationRule(random: Random, service: ServicePlan, alpha: string, place: string): JsonObject {
  const short = place === service.namespace && random.chance(0.2)
  // A host with one dot is taken for a full name, and so means nobody.
  const host = random.chance(0.8)
    ? short
      ? random.pick([service.name, service.name, `${service.name}.${service.namespace}`])
      : service.host
    : random.pick(['*.local', `*.${service.namespace}.svc.cluster.local`, '*'])
  const subsets =
    host.startsWith('*') || !random.chance(0.5)
      ? []
      : service.versions.map(version => subset(random, service, version))
  const scope = random.chance(0.15)
    ? {
        workloadSelector: {
          matchLabels: random.pick([{app: 'caller'}, {app: 'nobody'}, {app: 'caller', odd: 'yes'}]),
        },
      }
    : random.chance(0.25)
      ? {exportTo: random.pick([['.'], ['*'], [alpha], ['.', alpha], [place]])}
      : {}
  return {
    host,
    ...(random.chance(0.85) || subsets.length === 0 ? {trafficPolicy: trafficPolicy(random, service)} : {}),
    ...(subsets.length > 0 ? {subsets} : {}),
    ...scope,
  }
}

function subset(random: Random, service: ServicePlan, version: string): JsonObject {
  return {
    name: version,
    labels: {version},
    ...(random.chance(0.4) ? {trafficPolicy: trafficPolicy(random, service)} : {}),
  }
}
