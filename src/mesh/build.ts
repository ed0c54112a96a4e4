import {record, records, text, textMap} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {authorizationOf} from './authorization.ts'
import {chooseDestinationRule} from './destination-rules.ts'
import {edgeOf, gatherCalls, unknownEdges, workloadClients} from './edges.ts'
import type {Calls} from './edges.ts'
import {findGateway} from './gateways.ts'
import {isWildcard, mostSpecific, qualifyHost, searchCandidates} from './hosts.ts'
import {injectionOf} from './injection.ts'
import type {
  Client,
  DestinationRuleChoice,
  Edge,
  Injection,
  Mesh,
  MeshConfig,
  MeshOptions,
  Server,
  Service,
  ServicePort,
  Version,
  Workload,
} from './mesh.ts'
import {readMeshConfig, readRevisions} from './mesh-config.ts'
import {serverMode} from './peer-authentication.ts'
import {routesOf} from './routes.ts'
import {matches} from './selectors.ts'
import {readServices} from './services.ts'
import {scopeOf, visibilityOf} from './sidecar-scope.ts'
import {telemetryOf} from './tracing.ts'
import {chooseVirtualService} from './virtual-services.ts'
import {readWorkloads} from './workloads.ts'

/** The newest version of Istio whose rules are known and tested here. */
export const newestVersion = '1.31'

/**
 * Builds the model of a set of objects. Everything that takes looking over many objects is indexed once; questions
 * are answered when asked and remembered. Pure: reads nothing but its arguments.
 */
export function buildMesh(objects: readonly KubeObject[], options: MeshOptions = {}): Mesh {
  const byKind = groupBy(objects, object => object.id.kind)
  const namespaceObjects = new Map((byKind.get('Namespace') ?? []).map(object => [object.id.name, object]))
  const meshConfig = withDeclared(readMeshConfig(objects), options.declaredProviders ?? [])
  const workloads = readWorkloads(objects)
  const services = readServices(objects, meshConfig)
  const revisions = readRevisions(objects)
  const byHost = registryOf(services)
  const byNamespace = groupBy(workloads, workload => workload.namespace)
  const byLabel = labelIndex(workloads)
  const complete = new Set(options.complete ?? [])

  const injections = new Map<Workload, Injection>()
  const endpoints = new Map<Service, readonly Workload[]>()
  const rules = new Map<Workload, Map<Service, DestinationRuleChoice | null>>()
  let servicesByWorkload: ReadonlyMap<Workload, readonly Service[]> | null = null
  let clients: readonly Client[] | null = null
  let calls: Calls | null = null
  let edgesByServer: ReadonlyMap<string, readonly Edge[]> | null = null
  const known = (): Calls => (calls ??= gatherCalls(mesh, options))

  const mesh: Mesh = {
    version: versionOf(objects, options),
    meshConfig,
    assumptions: assumptionsOf(objects, meshConfig.known, revisions, options),
    gaps: options.gaps ?? [],
    now: options.now === undefined ? null : Date.parse(options.now),
    revisions,
    namespaces: [...new Set([...namespaceObjects.keys(), ...objects.map(object => object.id.namespace)])]
      .filter(name => name !== '')
      .sort(),
    workloads,
    services,
    objects: kind => (kind === undefined ? objects : (byKind.get(kind) ?? [])),
    namespaceObject: name => namespaceObjects.get(name) ?? null,
    selected: (selector, namespace) => {
      const pool = candidates(selector, namespace, byLabel, byNamespace, workloads)
      return pool.filter(
        workload =>
          matches(selector, workload.labels) && (namespace === '*' || workload.namespace === namespace),
      )
    },
    endpoints: service => {
      const found =
        endpoints.get(service) ??
        (service.selector === null ? [] : mesh.selected(service.selector, service.namespace))
      endpoints.set(service, found)
      return found
    },
    servicesOf: workload => {
      servicesByWorkload ??= invert(services, service => mesh.endpoints(service))
      return servicesByWorkload.get(workload) ?? []
    },
    targetPort: portOn,
    host: (name, fromNamespace) => {
      const host = qualifyHost(name, fromNamespace).toLowerCase()
      return isWildcard(host) ? (byHost.get(host) ?? null) : (mostSpecific(host, byHost)?.[1] ?? null)
    },
    dns: (name, fromNamespace) => {
      for (const candidate of searchCandidates(name.toLowerCase(), fromNamespace)) {
        const found = mostSpecific(candidate, byHost)
        if (found !== undefined) return found[1]
      }
      return null
    },
    qualify: qualifyHost,
    visible: (client, service, port) => visibilityOf(mesh, client, service, port),
    sidecarScope: client => scopeOf(mesh, client),
    injection: workload => {
      const found = injections.get(workload) ?? injectionOf(mesh, workload)
      injections.set(workload, found)
      return found
    },
    peerAuthentication: (workload, port) => serverMode(mesh, workload, port),
    destinationRule: (client, service) => {
      const ofClient = rules.get(client) ?? new Map<Service, DestinationRuleChoice | null>()
      rules.set(client, ofClient)
      const found = ofClient.get(service)
      if (found !== undefined) return found
      const chosen = chooseDestinationRule(mesh, client, service)
      ofClient.set(service, chosen)
      return chosen
    },
    virtualService: (client, service) => chooseVirtualService(mesh, client, service),
    routes: (client, server) => routesOf(mesh, client, server),
    gateway: (reference, fromNamespace) => findGateway(mesh, reference, fromNamespace),
    authorization: workload => authorizationOf(mesh, workload),
    telemetry: workload => telemetryOf(mesh, workload),
    complete: kind => complete.has('*') || complete.has(kind),
    get clients() {
      return (clients ??= workloadClients(mesh))
    },
    edges: () => known().edges,
    possibleEdges: () => unknownEdges(mesh, known()),
    callsKnown: client => known().known.has(client),
    edge: (client, server) => {
      edgesByServer ??= groupBy(known().edges, edge => serverKey(edge.server))
      const found = edgesByServer.get(serverKey(server))?.find(edge => edge.client === client)
      return found ?? edgeOf(mesh, client, server, 'possible', [])
    },
    withObjects: others => buildMesh(others, options),
  }
  return mesh
}

/** Tracing providers that the user says exist although no mesh config shows them (decisions 12). */
function withDeclared(config: MeshConfig, names: readonly string[]): MeshConfig {
  const missing = names.filter(name => !config.extensionProviders.some(one => one.name === name))
  const declared = missing.map(name => ({name, kind: 'declared', service: null, port: null, path: []}))
  return {...config, extensionProviders: [...config.extensionProviders, ...declared]}
}

function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** Hosts of the registry; a Kubernetes Service beats a ServiceEntry of the same host. */
function registryOf(services: readonly Service[]): ReadonlyMap<string, Service> {
  const hosts = new Map<string, Service>()
  for (const service of services) {
    const known = hosts.get(service.host.toLowerCase())
    if (known === undefined || (known.kind === 'ServiceEntry' && service.kind === 'Service'))
      hosts.set(service.host.toLowerCase(), service)
  }
  return hosts
}

/** Workloads by one `namespace key=value` each, so that a selector looks only at those that carry its rarest label. */
function labelIndex(workloads: readonly Workload[]): ReadonlyMap<string, readonly Workload[]> {
  const index = new Map<string, Workload[]>()
  for (const workload of workloads) {
    for (const [key, value] of Object.entries(workload.labels)) {
      const label = `${workload.namespace} ${key}=${value}`
      const group = index.get(label)
      if (group === undefined) index.set(label, [workload])
      else group.push(workload)
    }
  }
  return index
}

function candidates(
  selector: Readonly<Record<string, string>>,
  namespace: string,
  byLabel: ReadonlyMap<string, readonly Workload[]>,
  byNamespace: ReadonlyMap<string, readonly Workload[]>,
  all: readonly Workload[],
): readonly Workload[] {
  if (namespace === '*') return all
  let smallest = byNamespace.get(namespace) ?? []
  for (const [key, value] of Object.entries(selector)) {
    const group = byLabel.get(`${namespace} ${key}=${value}`) ?? []
    if (group.length < smallest.length) smallest = group
  }
  return smallest
}

function invert(
  services: readonly Service[],
  endpointsOf: (service: Service) => readonly Workload[],
): ReadonlyMap<Workload, readonly Service[]> {
  const result = new Map<Workload, Service[]>()
  for (const service of services) {
    for (const workload of endpointsOf(service)) {
      const group = result.get(workload)
      if (group === undefined) result.set(workload, [service])
      else group.push(service)
    }
  }
  return result
}

/** A numeric targetPort needs no declaration; a named one must be a container's. */
function portOn(port: ServicePort, workload: Workload): number | null {
  if (typeof port.targetPort === 'number') return port.targetPort
  for (const container of workload.containers) {
    const found = container.ports.find(one => one.name === port.targetPort)
    if (found !== undefined) return found.port
  }
  return null
}

function serverKey({service, port}: Server): string {
  return `${service.kind} ${service.namespace}/${service.name} ${service.host}:${port.port}`
}

/** istiod's image tag or its `istio.io/rev`-independent version label, where the input holds it. */
function versionOf(objects: readonly KubeObject[], options: MeshOptions): Version {
  if (options.istioVersion !== undefined) return options.istioVersion
  const istiod = objects.find(
    object =>
      object.id.kind === 'Deployment' &&
      textMap(record(object.value['metadata'])['labels'])['app'] === 'istiod',
  )
  const labels = textMap(record(istiod?.value['metadata'])['labels'])
  // Charts of development builds say 1.0.0, which is no version that this model knows.
  const versions = [labels['app.kubernetes.io/version'] ?? '', imageTag(istiod)].flatMap(
    tag => /^v?(1\.[1-9]\d)\b/.exec(tag)?.[1] ?? [],
  )
  const [minor] = versions
  return minor === undefined ? {minor: newestVersion, source: 'assumed'} : {minor, source: 'objects'}
}

function imageTag(istiod: KubeObject | undefined): string {
  const spec = record(record(record(istiod?.value['spec'])['template'])['spec'])
  const image = text(records(spec['containers'])[0]?.['image'])
  return image?.split(':').at(-1) ?? ''
}

/** What is taken for granted because the input does not say (decisions 11). */
function assumptionsOf(
  objects: readonly KubeObject[],
  configKnown: boolean,
  revisions: readonly string[],
  options: MeshOptions,
): readonly string[] {
  const complete = (options.complete ?? []).includes('*')
  return [
    ...(configKnown
      ? []
      : ["no mesh config in the input: Istio's defaults are assumed (auto mTLS on, ALLOW_ANY)"]),
    ...(revisions.length > 0
      ? []
      : ['no injection webhook in the input: every revision that a label names is assumed to exist']),
    ...(versionOf(objects, options).source === 'assumed'
      ? [`Istio ${newestVersion} is assumed (say --istio-version)`]
      : []),
    ...(complete
      ? []
      : ['the input may hold a part of the mesh: what it does not hold is not known to be missing']),
  ]
}
