import {isRecord, record, text, textMap} from './json.ts'
import type {Json, JsonObject} from './object.ts'

/**
 * Objects with every name of the people who run them replaced: namespaces, names, labels, hosts. A name has the same
 * stand-in wherever it stands: in hosts, selectors, principals. Stand-ins are given in alphabetical order and sort as
 * the names did, since Istio settles ties by name.
 */
export function anonymize(objects: readonly JsonObject[]): readonly JsonObject[] {
  const words = collectWords(objects)
  const aliases = new Map<string, string>()
  for (const kind of ['ns', 'name', 'label', 'host'] as const) {
    const fresh = [...words[kind]].filter(word => isNamed(word) && !aliases.has(word)).sort(byCodeUnits)
    const width = String(fresh.length).length
    fresh.forEach((word, index) => aliases.set(word, `${kind}${String(index + 1).padStart(width, '0')}`))
  }
  return objects.map(object => record(renamed(object, aliases)))
}

/** Words by the kind of stand-in that they get. */
interface Words {
  /** Namespaces. */
  readonly ns: Set<string>
  /** Names of objects, service accounts, containers, subsets, providers. */
  readonly name: Set<string>
  /** Keys of labels, and their values where they are no names. */
  readonly label: Set<string>
  /** Labels of hosts outside the cluster. */
  readonly host: Set<string>
}

function collectWords(objects: readonly JsonObject[]): Words {
  const words: Words = {ns: new Set(), name: new Set(), label: new Set(), host: new Set()}
  for (const object of objects) {
    const metadata = record(object['metadata'])
    addText(words[object['kind'] === 'Namespace' ? 'ns' : 'name'], metadata['name'])
    addText(words.ns, metadata['namespace'])
    collect(object, '', words)
  }
  return words
}

/** Where names stand in objects, by the key under which they do; `parent` is the key of what holds the record. */
function collect(value: Json, key: string, words: Words, parent = ''): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) collect(item, key, words, parent)
  } else if (isRecord(value)) {
    if (labelMaps.has(key)) collectLabels(value, words)
    for (const [name, item] of Object.entries(value)) if (item !== undefined) collect(item, name, words, key)
  } else if (typeof value === 'string') {
    if (nameKeys.has(key) || (key === 'name' && !systemNames.has(parent) && !value.includes('.')))
      words.name.add(value)
    else if (hostKeys.has(key)) collectHost(value, words)
    else if (key === 'mesh') collect(parsedMesh(value), '', words)
    else if (key === 'value' || key === 'args' || key === 'command') {
      for (const [, host = ''] of value.matchAll(/:\/\/([^/:,\s]+)/g)) collectHost(host, words)
    }
  }
}

/** What names ports (whose name tells their protocol), variables and Envoy's own parts is no name of anybody. */
const systemNames = new Set(['ports', 'port', 'env', 'filter', 'subFilter', 'headers', 'filterChain'])

function collectLabels(value: JsonObject, words: Words): void {
  for (const [key, item] of Object.entries(textMap(value))) {
    if (!isCommonLabel(key)) words.label.add(key)
    if (!systemLabel.test(key)) words.label.add(item)
  }
}

/** `namespace/host`, of which the namespace is collected from its object; `*` and the cluster's own domain stay. */
function collectHost(value: string, words: Words): void {
  const host = value.slice(value.lastIndexOf('/') + 1).split(':')[0] ?? ''
  if (/^[\d.]+$/.test(host)) return
  const labels = host.split('.')
  const outside = labels.length > 1 && !/\.svc(\.|$)|\.local$/.test(host)
  // The last label of an outside host is a public domain: com, io.
  for (const label of outside ? labels.slice(0, -1) : labels) words.host.add(label)
}

const labelMaps = new Set(['labels', 'matchLabels', 'selector', 'sourceLabels'])
const nameKeys = new Set(['serviceAccountName', 'serviceAccount', 'subset', 'credentialName', 'container'])
const hostKeys = new Set([
  'host',
  'hosts',
  'hostname',
  'hostnames',
  'sniHosts',
  'notHosts',
  'externalName',
  'address',
  'service',
  'sni',
  'trustDomain',
])

/** Labels whose key says nothing about its owner. */
function isCommonLabel(key: string): boolean {
  return /^([a-z0-9-]+\.)*(istio\.io|k8s\.io|kubernetes\.io)\//.test(key) || commonLabels.has(key)
}

/** Labels whose values are settings, which the model reads. */
const systemLabel =
  /^([a-z0-9-]+\.)*istio\.io\/(rev|dataplane-mode|use-waypoint)$|^istio-injection$|inject$|^(istio|version)$/

const commonLabels = new Set([
  'app',
  'version',
  'istio',
  'istio-injection',
  'k8s-app',
  'release',
  'tier',
  'component',
  'name',
  'service',
  'pod-template-hash',
  'account',
  'role',
])

/** Words of Kubernetes, Istio and the configuration itself keep their meaning only as they are. */
const reserved = new Set(
  `default kube-system kube-public kube-node-lease istio-system istio istiod svc cluster local com org net io www localhost
  true false null enabled disabled http https http2 grpc grpc-web tcp tls udp mongo mysql redis auto mesh root app version
  v1 v2 v3 v4 get put post delete patch head options ns sa spiffe name namespace host port mtls strict permissive disable
  none all any allow deny audit custom prefix exact regex uri method authority zipkin opentelemetry jaeger prometheus
  envoy istio-proxy istio-ingressgateway istio-egressgateway ingressgateway egressgateway`.split(/\s+/),
)

function isNamed(word: string): boolean {
  return word !== '' && word !== '*' && !reserved.has(word.toLowerCase()) && !/^\d+$/.test(word)
}

function renamed(value: Json, aliases: ReadonlyMap<string, string>, key = ''): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(item => renamed(item, aliases, key))
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, item]) => {
      const keyed = labelMaps.has(key) || key === 'data' ? renamedText(name, aliases) : name
      return [keyed, item === undefined ? null : renamed(item, aliases, name)] as const
    })
    return Object.fromEntries(entries)
  }
  if (typeof value !== 'string' || settings.has(key)) return value
  if (key === 'image') return 'image'
  if (key === 'mesh') return `${JSON.stringify(renamed(parsedMesh(value), aliases), null, 1)}\n`
  return renamedText(value, aliases)
}

/** Keys whose values are words of the API. */
const settings = new Set([
  'apiVersion',
  'kind',
  'type',
  'mode',
  'protocol',
  'appProtocol',
  'operator',
  'action',
  'simple',
  'resolution',
  'location',
  'creationTimestamp',
  'outboundTrafficPolicy',
  'scheme',
  'phase',
])

/** Names stand between `/`, `.`, `:` and the like; in the names of ports and variables they are a part. */
function renamedText(value: string, aliases: ReadonlyMap<string, string>): string {
  const whole = aliases.get(value)
  if (whole !== undefined) return whole
  return value.replace(/[A-Za-z0-9_-]+/g, word => aliases.get(word) ?? partsRenamed(word, aliases))
}

function partsRenamed(word: string, aliases: ReadonlyMap<string, string>): string {
  if (/^[A-Z0-9_]+$/.test(word))
    return word.replace(/[A-Z0-9]+/g, part => aliases.get(part.toLowerCase())?.toUpperCase() ?? part)
  return word.replace(/[^-]+/g, part => aliases.get(part) ?? part)
}

function parsedMesh(mesh: string): Json {
  try {
    return JSON.parse(mesh) as Json
  } catch {
    return {}
  }
}

function addText(words: Set<string>, value: Json | undefined): void {
  const found = text(value)
  if (found !== undefined) words.add(found)
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
