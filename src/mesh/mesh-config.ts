import {entries, flag, isRecord, number, record, records, text, texts} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import type {ExtensionProvider, MeshConfig} from './mesh.ts'
import type {Retries} from './outcome.ts'

const defaultRoot = 'istio-system'

/**
 * The mesh-wide settings: the ConfigMap `istio` (or `istio-<revision>`) of the root namespace, else an IstioOperator's
 * `spec.meshConfig`, else Istio's defaults with `known: false`. Defaults: istio pkg/config/mesh/mesh.go.
 */
export function readMeshConfig(objects: readonly KubeObject[]): MeshConfig {
  const map = objects.find(object => object.id.kind === 'ConfigMap' && isMeshConfigMap(object))
  if (map !== undefined) return fromValues(map, parsedMesh(map), ['data', 'mesh'])
  const operator = objects.find(object => object.id.kind === 'IstioOperator')
  if (operator !== undefined) {
    return fromValues(operator, record(record(operator.value['spec'])['meshConfig']), ['spec', 'meshConfig'])
  }
  return fromValues(null, {}, [])
}

function isMeshConfigMap(object: KubeObject): boolean {
  const {name, namespace} = object.id
  if (name !== 'istio' && !name.startsWith('istio-')) return false
  const mesh = record(object.value['data'])['mesh']
  return (
    typeof mesh === 'string' &&
    (namespace === defaultRoot || name === 'istio' || /^rootNamespace:/m.test(mesh))
  )
}

function parsedMesh(map: KubeObject): JsonObject {
  const mesh = text(record(map.value['data'])['mesh']) ?? ''
  return record(readYaml(mesh).value)
}

function fromValues(object: KubeObject | null, values: JsonObject, path: Path): MeshConfig {
  const providers = record(values['defaultProviders'])
  return {
    known: object !== null,
    object,
    rootNamespace:
      text(values['rootNamespace']) ??
      (object === null || object.id.kind === 'IstioOperator' ? defaultRoot : object.id.namespace),
    trustDomain: text(values['trustDomain']) ?? 'cluster.local',
    enableAutoMtls: flag(values['enableAutoMtls']) ?? true,
    outboundTrafficPolicy:
      record(values['outboundTrafficPolicy'])['mode'] === 'REGISTRY_ONLY' ? 'REGISTRY_ONLY' : 'ALLOW_ANY',
    extensionProviders: entries(values['extensionProviders']).flatMap(([index, one]) =>
      readProvider(one, [...path, 'extensionProviders', index]),
    ),
    defaultTracingProviders: texts(providers['tracing']),
    defaultServiceExportTo: texts(values['defaultServiceExportTo']),
    defaultDestinationRuleExportTo: texts(values['defaultDestinationRuleExportTo']),
    defaultVirtualServiceExportTo: texts(values['defaultVirtualServiceExportTo']),
    defaultHttpRetryPolicy: readDefaultRetries(values['defaultHttpRetryPolicy']),
    // An injector value rather than a mesh setting; assumed as installed by default.
    rewriteAppHTTPProbe: true,
    enablePrometheusMerge: flag(values['enablePrometheusMerge']) ?? true,
  }
}

function readProvider(provider: JsonObject, path: Path): readonly ExtensionProvider[] {
  const name = text(provider['name'])
  if (name === undefined) return []
  const [kind, settings] = Object.entries(provider).find(
    ([key, value]) => key !== 'name' && isRecord(value),
  ) ?? ['unknown', {}]
  const {service, port} = record(settings)
  return [{name, kind, service: text(service) ?? null, port: number(port) ?? null, path}]
}

function readDefaultRetries(policy: JsonObject[string]): Retries | null {
  if (!isRecord(policy)) return null
  return {
    attempts: number(policy['attempts']) ?? 0,
    retryOn: (text(policy['retryOn']) ?? '').split(',').filter(token => token !== ''),
    perTryTimeout: text(policy['perTryTimeout']) ?? null,
    source: 'mesh',
  }
}

/** Revisions and tags that injection webhooks of the input serve; empty where none is in the input. */
export function readRevisions(objects: readonly KubeObject[]): readonly string[] {
  const found = new Set<string>()
  for (const object of objects) {
    if (object.id.kind !== 'MutatingWebhookConfiguration') continue
    if (
      !records(object.value['webhooks']).some(
        hook => text(hook['name'])?.endsWith('sidecar-injector.istio.io') === true,
      )
    )
      continue
    const labels = record(record(object.value['metadata'])['labels'])
    for (const label of ['istio.io/rev', 'istio.io/tag']) {
      const value = text(labels[label])
      if (value !== undefined) found.add(value)
    }
    if (text(labels['istio.io/rev']) === undefined) found.add('default')
  }
  return [...found]
}
