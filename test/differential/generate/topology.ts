import type {JsonObject} from '../../../src/objects/object.ts'
import {randomFrom} from '../random.ts'
import type {Random} from '../random.ts'
import {object} from './objects.ts'
import {planPorts} from './ports.ts'
import type {PortPlan} from './ports.ts'
import {callers, otherAccount, server} from './workloads.ts'

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
  /** `second` is a further name for the pods of another, `alias` one by ExternalName; `bare` selects nobody. */
  readonly kind: 'cluster' | 'headless' | 'second' | 'bare' | 'alias'
  /** The host that an alias stands for. */
  readonly target?: string
  /** The pods that it selects. */
  readonly app: string
  readonly ports: readonly PortPlan[]
  readonly versions: readonly string[]
}

const meshConfigs: readonly JsonObject[] = [
  {},
  {},
  {},
  {enableAutoMtls: false},
  {outboundTrafficPolicy: {mode: 'REGISTRY_ONLY'}},
  {defaultDestinationRuleExportTo: ['.']},
  {defaultVirtualServiceExportTo: ['.']},
  {defaultServiceExportTo: ['.']},
  {enableAutoMtls: false, outboundTrafficPolicy: {mode: 'REGISTRY_ONLY'}},
]

/** Settings of the mesh config that differ between topologies. */
export const variedSettings: ReadonlySet<string> = new Set(meshConfigs.flatMap(config => Object.keys(config)))

export function planTopology(number: number): Topology {
  const random = randomFrom(number * 7919 + 17)
  const place = (name: string): string => `${name}-${number}`
  const [alpha, beta, plain] = [place('alpha'), place('beta'), place('plain')]
  const namespaces = [alpha, beta, plain]
  const own = Array.from({length: 3}, (_, index) =>
    planService(random, index, random.pick([alpha, beta, beta, plain])),
  )
  const services = [...own, ...furtherServices(random, own)]
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
      ...namespaces.map(name => object('v1', 'ServiceAccount', name, otherAccount, {})),
      ...services.map(service => serviceObject(random, service, alpha)),
      ...own.flatMap(service => service.versions.map(version => server(random, service, version))),
      ...callers(random, {alpha, beta, plain}),
    ],
  }
}

function planService(random: Random, index: number, namespace: string): ServicePlan {
  const name = `svc${index}`
  const headless = random.chance(0.2)
  return {
    name,
    namespace,
    host: hostOf(name, namespace),
    kind: headless ? 'headless' : 'cluster',
    app: name,
    ports: planPorts(random, headless),
    versions: random.chance(0.7) ? ['v1', 'v2'] : ['v1'],
  }
}

function hostOf(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.cluster.local`
}

function furtherServices(random: Random, own: readonly ServicePlan[]): readonly ServicePlan[] {
  const found: ServicePlan[] = []
  if (random.chance(0.3)) {
    const first = random.pick(own)
    const port: PortPlan = random.pick<PortPlan>([
      {name: 'tcp-again', port: 8088, targetPort: 8080, speaks: 'http'},
      {name: 'again', port: 8088, targetPort: 8080, speaks: 'http'},
      {name: 'http-again', port: 80, targetPort: 8080, speaks: 'http'},
      {name: 'http-again', port: 9000, targetPort: 8080, speaks: 'http'},
    ])
    found.push({
      ...first,
      name: 'second',
      host: hostOf('second', first.namespace),
      kind: 'second',
      ports: [port],
    })
  }
  if (random.chance(0.12)) {
    const {namespace} = random.pick(own)
    const ports = planPorts(random, false).slice(0, 2)
    found.push({
      name: 'bare',
      namespace,
      host: hostOf('bare', namespace),
      kind: 'bare',
      app: 'nobody',
      ports,
      versions: [],
    })
  }
  if (random.chance(0.15)) {
    const target = random.pick(own)
    const {namespace} = random.pick(own)
    const ports = target.ports.slice(0, 2)
    const host = hostOf('alias', namespace)
    found.push({...target, name: 'alias', namespace, host, kind: 'alias', ports, target: target.host})
  }
  return found
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
      ...(service.target === undefined
        ? {selector: {app: service.app}}
        : {type: 'ExternalName', externalName: service.target}),
      ...(service.kind === 'headless' ? {clusterIP: 'None'} : {}),
      ports: service.ports.map(({name, port, targetPort, appProtocol}) => ({
        name,
        port,
        targetPort,
        ...(appProtocol === undefined ? {} : {appProtocol}),
      })),
    },
  }
}
