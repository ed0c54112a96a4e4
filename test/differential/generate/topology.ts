import type {JsonObject} from '../../../src/objects/object.ts'
import {randomFrom} from '../random.ts'
import type {Random} from '../random.ts'
import {object} from './objects.ts'

/** What stays the same over many meshes, since pods take long to make: namespaces, Services, pods and the mesh config. */
export interface Topology {
  readonly number: number
  readonly namespaces: readonly string[]
  readonly alpha: string
  readonly beta: string
  readonly plain: string
  readonly services: readonly ServicePlan[]
  readonly meshConfig: JsonObject
  readonly objects: readonly JsonObject[]
}

export interface ServicePlan {
  readonly name: string
  readonly namespace: string
  readonly host: string
  readonly headless: boolean
  readonly ports: readonly PortPlan[]
  readonly versions: readonly string[]
}

export interface PortPlan {
  readonly name: string
  readonly port: number
  readonly targetPort: number
}

/** The ports that every application listens on, and how: HTTP on the first, any TCP on the others. */
export const listeningPorts: readonly number[] = [8080, 9000, 9101]

const portKinds: readonly PortPlan[] = [
  {name: 'http', port: 80, targetPort: 8080},
  {name: 'tcp-data', port: 9000, targetPort: 9000},
  {name: 'data', port: 9100, targetPort: 9101},
]

/** A headless Service maps no ports: most name the port that is listened on, some do not. */
const headlessPortKinds: readonly PortPlan[] = [
  {name: 'http', port: 8080, targetPort: 8080},
  {name: 'tcp-data', port: 9000, targetPort: 9000},
  {name: 'data', port: 9101, targetPort: 9101},
]

const meshConfigs: readonly JsonObject[] = [
  {},
  {},
  {},
  {enableAutoMtls: false},
  {outboundTrafficPolicy: {mode: 'REGISTRY_ONLY'}},
  {defaultDestinationRuleExportTo: ['.']},
  {defaultVirtualServiceExportTo: ['.']},
  {defaultServiceExportTo: ['.']},
]

/** Settings of the mesh config that differ between topologies. */
export const variedSettings: ReadonlySet<string> = new Set(meshConfigs.flatMap(config => Object.keys(config)))

export function planTopology(number: number): Topology {
  const random = randomFrom(number * 7919 + 17)
  const place = (name: string): string => `${name}-${number}`
  const [alpha, beta, plain] = [place('alpha'), place('beta'), place('plain')]
  const namespaces = [alpha, beta, plain]
  const services = Array.from({length: 3}, (_, index) =>
    planService(random, index, random.pick([alpha, beta, beta, plain])),
  )
  return {
    number,
    namespaces,
    alpha,
    beta,
    plain,
    services,
    meshConfig: random.pick(meshConfigs),
    objects: [
      ...namespaces.map(name => namespaceObject(name, name !== plain)),
      ...services.flatMap(service => [
        serviceObject(random, service, alpha),
        ...service.versions.map(version => server(random, service, version)),
      ]),
      ...namespaces.map(name => deployment(name, 'caller', {labels: {app: 'caller'}})),
      ...(random.chance(0.4) ? [oddCaller(random, alpha)] : []),
    ],
  }
}

function planService(random: Random, index: number, namespace: string): ServicePlan {
  const name = `svc${index}`
  const headless = random.chance(0.2)
  const kinds = headless && random.chance(0.75) ? headlessPortKinds : portKinds
  return {
    name,
    namespace,
    host: `${name}.${namespace}.svc.cluster.local`,
    headless,
    ports: kinds.filter((_, position) => position === 0 || random.chance(0.4)),
    versions: random.chance(0.7) ? ['v1', 'v2'] : ['v1'],
  }
}

function namespaceObject(name: string, injected: boolean): JsonObject {
  const labels = injected ? {'istio-injection': 'enabled'} : {}
  return {apiVersion: 'v1', kind: 'Namespace', metadata: {name, labels}}
}

function serviceObject(random: Random, service: ServicePlan, alpha: string): JsonObject {
  const annotations = random.chance(0.08)
    ? {'networking.istio.io/exportTo': random.pick(['.', '*', alpha])}
    : {}
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: service.name, namespace: service.namespace, annotations},
    spec: {
      selector: {app: service.name},
      ...(service.headless ? {clusterIP: 'None'} : {}),
      ports: service.ports.map(({name, port, targetPort}) => ({name, port, targetPort})),
    },
  }
}

interface PodPlan {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly hostNetwork?: boolean
}

function deployment(
  namespace: string,
  name: string,
  {labels, annotations = {}, hostNetwork = false}: PodPlan,
): JsonObject {
  const containers = [
    {name: 'app', image: 'app', ports: listeningPorts.map(containerPort => ({containerPort}))},
  ]
  return object('apps/v1', 'Deployment', namespace, name, {
    spec: {
      replicas: 1,
      selector: {matchLabels: labels},
      template: {metadata: {labels, annotations}, spec: {...(hostNetwork ? {hostNetwork} : {}), containers}},
    },
  })
}

function server(random: Random, service: ServicePlan, version: string): JsonObject {
  const optOut = random.chance(0.12) ? {'sidecar.istio.io/inject': 'false'} : {}
  const label: Readonly<Record<string, string>> = random.chance(0.06)
    ? {'security.istio.io/tlsMode': random.pick(['istio', 'disabled'])}
    : {}
  return deployment(service.namespace, `${service.name}-${version}`, {
    labels: {app: service.name, version, ...optOut, ...label},
    annotations: inboundAnnotations(random, service),
    hostNetwork: random.chance(0.04),
  })
}

function inboundAnnotations(random: Random, service: ServicePlan): Readonly<Record<string, string>> {
  const port = String(random.pick(service.ports).targetPort)
  if (random.chance(0.08)) return {'traffic.sidecar.istio.io/excludeInboundPorts': port}
  if (random.chance(0.04)) return {'traffic.sidecar.istio.io/includeInboundPorts': port}
  return {}
}

/** A caller some of whose calls go past its proxy. */
function oddCaller(random: Random, namespace: string): JsonObject {
  const annotations = random.pick([
    {'traffic.sidecar.istio.io/excludeOutboundPorts': '80'},
    {'traffic.sidecar.istio.io/excludeOutboundPorts': '9000,9100'},
    {'traffic.sidecar.istio.io/includeOutboundIPRanges': ''},
    {'traffic.sidecar.istio.io/excludeOutboundIPRanges': '0.0.0.0/0'},
  ])
  return deployment(namespace, 'caller-odd', {labels: {app: 'caller', odd: 'yes'}, annotations})
}
