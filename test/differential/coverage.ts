import {isRecord, list, record, records, text, texts} from '../../src/objects/json.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import type {GeneratedMesh} from './generate/generate.ts'
import {rootNamespace} from './generate/objects.ts'
import {rootCaller} from './generate/workloads.ts'

type Holds = (spec: JsonObject, object: JsonObject) => boolean

const annotation =
  (key: string): Holds =>
  spec =>
    key in record(templateOf(spec)['annotations'])

function templateOf(spec: JsonObject): JsonObject {
  return record(record(spec['template'])['metadata'])
}

const place = (object: JsonObject): string => text(record(object['metadata'])['namespace']) ?? ''
const isRoot: Holds = (_, object) => place(object) === rootNamespace
const exportsTo =
  (wanted: (entry: string) => boolean): Holds =>
  spec =>
    texts(spec['exportTo']).some(wanted)
const isPrivate = exportsTo(entry => entry === '.')
const isNamed = exportsTo(entry => entry !== '.' && entry !== '*')

const modes = ['STRICT', 'PERMISSIVE', 'DISABLE', 'UNSET']

const modeOf = (spec: JsonObject): string => text(record(spec['mtls'])['mode']) ?? 'no mtls'

const selects = (spec: JsonObject): boolean =>
  Object.keys(record(record(spec['selector'])['matchLabels'])).length > 0

const setsTls =
  (mode: string): Holds =>
  spec =>
    JSON.stringify([spec['trafficPolicy'], spec['subsets']]).includes(`"mode":"${mode}"`)

const httpOf = (spec: JsonObject): readonly JsonObject[] => records(spec['http'])
const matchesOf = (spec: JsonObject): readonly JsonObject[] =>
  httpOf(spec).flatMap(one => records(one['match']))
const destinationsOf = (spec: JsonObject): readonly JsonObject[] =>
  [...httpOf(spec), ...records(spec['tcp']), ...records(spec['tls'])]
    .flatMap(one => records(one['route']))
    .map(one => record(one['destination']))
const hostOf = (spec: JsonObject): string => text(spec['host']) ?? ''
const portsOf = (spec: JsonObject): readonly JsonObject[] => records(spec['ports'])

/** What a mesh may have, by the kind of object that shows it. */
const features: Readonly<Record<string, Readonly<Record<string, Holds>>>> = {
  PeerAuthentication: {
    ...Object.fromEntries(
      modes.map(
        mode =>
          [
            `of the mesh, ${mode}`,
            (spec, object) => isRoot(spec, object) && !selects(spec) && modeOf(spec) === mode,
          ] satisfies [string, Holds],
      ),
    ),
    ...Object.fromEntries(
      modes.map(
        mode =>
          [
            `of a namespace, ${mode}`,
            (spec, object) => !isRoot(spec, object) && !selects(spec) && modeOf(spec) === mode,
          ] satisfies [string, Holds],
      ),
    ),
    ...Object.fromEntries(
      modes.map(
        mode =>
          [
            `of a workload, ${mode}`,
            (spec, object) => !isRoot(spec, object) && selects(spec) && modeOf(spec) === mode,
          ] satisfies [string, Holds],
      ),
    ),
    'of a port': spec => isRecord(spec['portLevelMtls']),
    'with a selector in the root namespace': (spec, object) => isRoot(spec, object) && selects(spec),
    'with an empty selector': spec => isRecord(spec['selector']) && !selects(spec),
  },
  DestinationRule: {
    ...Object.fromEntries(['DISABLE', 'ISTIO_MUTUAL', 'SIMPLE', 'MUTUAL'].map(mode => [mode, setsTls(mode)])),
    subjectAltNames: spec => JSON.stringify(spec).includes('subjectAltNames'),
    credentialName: spec => JSON.stringify(spec).includes('credentialName'),
    'in the root namespace': isRoot,
    'in the namespace of the service': (spec, object) => hostOf(spec).includes(`.${place(object)}.`),
    'in another namespace': (spec, object) =>
      hostOf(spec).endsWith('.svc.cluster.local') && !hostOf(spec).includes(`.${place(object)}.`),
    'of a wildcard': spec => hostOf(spec).startsWith('*'),
    'of a short host': spec => !hostOf(spec).includes('local') && spec['host'] !== '*',
    subsets: spec => list(spec['subsets']).length > 0,
    'a policy of a subset': spec => records(spec['subsets']).some(one => isRecord(one['trafficPolicy'])),
    'a policy of a port': spec => JSON.stringify(spec).includes('portLevelSettings'),
    'PASSTHROUGH balancer': spec => JSON.stringify(spec).includes('PASSTHROUGH'),
    workloadSelector: spec => isRecord(spec['workloadSelector']),
    'kept private': isPrivate,
    'exported by name': isNamed,
  },
  VirtualService: {
    'of a wildcard': spec => texts(spec['hosts']).some(host => host.startsWith('*')),
    'of a short host': spec => texts(spec['hosts']).some(host => !host.includes('.')),
    'of several hosts': spec => texts(spec['hosts']).length > 1,
    subsets: spec => destinationsOf(spec).some(one => 'subset' in one),
    'a port of a destination': spec => destinationsOf(spec).some(one => 'port' in one),
    'a host that nobody has': spec => destinationsOf(spec).some(one => one['host'] === 'nobody.example.com'),
    weights: spec => JSON.stringify(spec).includes('"weight"'),
    'tcp routes': spec => list(spec['tcp']).length > 0,
    'tls routes': spec => list(spec['tls']).length > 0,
    'delegates, root': spec => httpOf(spec).some(one => isRecord(one['delegate'])),
    'delegates, held': spec => texts(spec['hosts']).length === 0,
    'redirect or direct response': spec =>
      httpOf(spec).some(one => 'redirect' in one || 'directResponse' in one),
    'kept private': isPrivate,
    'exported by name': isNamed,
    'only of a gateway': spec =>
      texts(spec['gateways']).length > 0 && !texts(spec['gateways']).includes('mesh'),
    sourceLabels: spec => matchesOf(spec).some(one => 'sourceLabels' in one),
    'sourceLabels beside gateways': spec =>
      matchesOf(spec).some(one => 'sourceLabels' in one && 'gateways' in one),
    sourceNamespace: spec => matchesOf(spec).some(one => 'sourceNamespace' in one),
    'match by port': spec => matchesOf(spec).some(one => 'port' in one),
    'match by header': spec => matchesOf(spec).some(one => 'headers' in one),
  },
  Sidecar: {
    'in the root namespace': isRoot,
    'of a namespace': (spec, object) => !isRoot(spec, object) && !('workloadSelector' in spec),
    'of workloads': spec => 'workloadSelector' in spec && 'egress' in spec,
    'without egress': spec => !('egress' in spec) && !('ingress' in spec),
    'a listener of one port': spec => records(spec['egress']).some(one => 'port' in one),
    'hosts left out by ~': spec => JSON.stringify(spec).includes('"~'),
    REGISTRY_ONLY: spec => record(spec['outboundTrafficPolicy'])['mode'] === 'REGISTRY_ONLY',
    ALLOW_ANY: spec => record(spec['outboundTrafficPolicy'])['mode'] === 'ALLOW_ANY',
    ingress: spec => 'ingress' in spec,
  },
  ServiceEntry: {
    MESH_EXTERNAL: spec => spec['location'] === 'MESH_EXTERNAL',
    MESH_INTERNAL: spec => spec['location'] === 'MESH_INTERNAL',
    ...Object.fromEntries(
      ['DNS', 'STATIC', 'NONE'].map(one => [one, (spec: JsonObject) => spec['resolution'] === one]),
    ),
    'with endpoints': spec => list(spec['endpoints']).length > 0,
    workloadSelector: spec => isRecord(spec['workloadSelector']),
    'with an address': spec => list(spec['addresses']).length > 0,
    'of the host of a Service': spec =>
      texts(spec['hosts']).some(host => host.endsWith('.svc.cluster.local')),
  },
  AuthorizationPolicy: {
    ...Object.fromEntries(
      ['ALLOW', 'DENY', 'AUDIT'].map(one => [one, (spec: JsonObject) => spec['action'] === one]),
    ),
    'that nothing passes': spec => !('rules' in spec),
    'in the root namespace': isRoot,
    'of a namespace': (spec, object) => !isRoot(spec, object) && !('selector' in spec),
    ...Object.fromEntries(
      [
        'principals',
        'notPrincipals',
        'namespaces',
        'notNamespaces',
        'serviceAccounts',
        'ports',
        'notPorts',
      ].map(field => [field, (spec: JsonObject) => JSON.stringify(spec).includes(`"${field}"`)]),
    ),
  },
  Service: {
    'another name, by ExternalName': spec => 'externalName' in spec,
    headless: spec => spec['clusterIP'] === 'None',
    'without pods': spec => record(spec['selector'])['app'] === 'nobody',
    'a second one for the same pods': (_, object) => record(object['metadata'])['name'] === 'second',
    'exported by annotation': (_, object) =>
      'networking.istio.io/exportTo' in record(record(object['metadata'])['annotations']),
    'a named target port': spec => portsOf(spec).some(one => typeof one['targetPort'] === 'string'),
    appProtocol: spec => portsOf(spec).some(one => 'appProtocol' in one),
    ...Object.fromEntries(
      ['http', 'tcp', 'grpc', 'mysql', 'https', 'tls'].map(prefix => [
        `port declared ${prefix}`,
        (spec: JsonObject) => portsOf(spec).some(one => (text(one['name']) ?? '').split('-')[0] === prefix),
      ]),
    ),
    'port undeclared': spec => portsOf(spec).some(one => one['name'] === 'data' || one['name'] === 'again'),
  },
  Deployment: {
    'kept out by label': spec => record(templateOf(spec)['labels'])['sidecar.istio.io/inject'] === 'false',
    'let in by label': spec => record(templateOf(spec)['labels'])['sidecar.istio.io/inject'] === 'true',
    hostNetwork: spec => record(record(spec['template'])['spec'])['hostNetwork'] === true,
    'tlsMode label': spec => 'security.istio.io/tlsMode' in record(templateOf(spec)['labels']),
    'an account of its own': spec => 'serviceAccountName' in record(record(spec['template'])['spec']),
    'a caller in the root namespace': (_, object) => record(object['metadata'])['name'] === rootCaller,
    'several pods': spec => spec['replicas'] === 2,
    ...Object.fromEntries(
      [
        'excludeInboundPorts',
        'includeInboundPorts',
        'excludeOutboundPorts',
        'excludeOutboundIPRanges',
        'includeOutboundIPRanges',
      ].map(name => [name, annotation(`traffic.sidecar.istio.io/${name}`)]),
    ),
  },
}

/** Counts in how many meshes each feature of the generator is, so that it shows what a run did not try. */
export class Coverage {
  readonly #counts = new Map<string, number>()

  constructor() {
    for (const [kind, own] of Object.entries(features))
      for (const feature of Object.keys(own)) this.#counts.set(`${kind} ${feature}`, 0)
  }

  add({topology, policies, laterFrom}: GeneratedMesh): void {
    const found = new Set([...topology.objects, ...policies].flatMap(object => featuresOf(object)))
    for (const setting of Object.keys(topology.meshConfig)) found.add(`mesh config ${setting}`)
    if (laterFrom < policies.length) found.add('policies of different age')
    for (const feature of found) this.#counts.set(feature, (this.#counts.get(feature) ?? 0) + 1)
  }

  missing(): readonly string[] {
    return [...this.#counts].filter(([, count]) => count === 0).map(([feature]) => feature)
  }

  report(): string {
    const lines = [...this.#counts].map(([feature, count]) => `  ${String(count).padStart(5)} ${feature}`)
    const missing = this.missing()
    return [
      'meshes with',
      ...lines,
      missing.length === 0 ? 'every feature was in some mesh' : `in no mesh: ${missing.join(', ')}`,
    ].join('\n')
  }
}

function featuresOf(object: JsonObject): readonly string[] {
  const kind = text(object['kind']) ?? ''
  const own = Object.entries(features[kind] ?? {})
  return own
    .filter(([, holds]) => holds(record(object['spec']), object))
    .map(([feature]) => `${kind} ${feature}`)
}
