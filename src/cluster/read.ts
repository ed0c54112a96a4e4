import pLimit from 'p-limit'
import type {Gap} from '../mesh/mesh.ts'
import {isRecord, list, record, text} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import type {Api} from './api.ts'
import {ApiError} from './api.ts'
import {discover, pathOf} from './discover.ts'
import type {Resource, Resources} from './discover.ts'

export interface ReadOptions {
  /** `group/Kind` each; all that the model reads where absent. */
  readonly kinds?: readonly string[]
  /** Only these namespaces (and what is cluster-scoped, and the root namespace); all where empty. */
  readonly namespaces?: readonly string[]
  readonly rootNamespace?: string
  readonly signal?: AbortSignal
}

export interface ClusterObjects {
  readonly objects: readonly KubeObject[]
  /** Kinds that could not be read, each with why: an answer states them, and is never wrong because of them. */
  readonly gaps: readonly Gap[]
  /** Kinds of which every object was read. */
  readonly complete: readonly string[]
  readonly resources: Resources
}

/** What the model reads, and nothing else; Secrets are never listed. */
export const modelKinds: readonly string[] = [
  '/Namespace',
  '/Service',
  '/Pod',
  '/ConfigMap',
  '/ServiceAccount',
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  'batch/CronJob',
  'argoproj.io/Rollout',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/NetworkPolicy',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'monitoring.coreos.com/ServiceMonitor',
  'monitoring.coreos.com/PodMonitor',
  'networking.istio.io/VirtualService',
  'networking.istio.io/DestinationRule',
  'networking.istio.io/Gateway',
  'networking.istio.io/ServiceEntry',
  'networking.istio.io/Sidecar',
  'networking.istio.io/WorkloadEntry',
  'networking.istio.io/EnvoyFilter',
  'security.istio.io/PeerAuthentication',
  'security.istio.io/AuthorizationPolicy',
  'security.istio.io/RequestAuthentication',
  'telemetry.istio.io/Telemetry',
  'authentication.istio.io/MeshPolicy',
  'authentication.istio.io/Policy',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/HTTPRoute',
  'gateway.networking.k8s.io/ReferenceGrant',
]

const pageSize = 500
const atOnce = 8

/** Lists objects, kind by kind in parallel, page by page. What is forbidden or missing becomes a gap. */
export async function readCluster(api: Api, options: ReadOptions = {}): Promise<ClusterObjects> {
  const resources = await discover(api)
  const limit = pLimit(atOnce)
  const kinds = options.kinds ?? modelKinds
  const read = await Promise.all(
    kinds.map(kind => limit(() => readKind(api, kind, resources.get(kind), options))),
  )
  return {
    objects: read.flatMap(one => one.objects),
    gaps: read.flatMap(one => one.gaps),
    complete: read
      .filter(one => one.gaps.length === 0 && (options.namespaces ?? []).length === 0)
      .map(one => one.kind),
    resources,
  }
}

interface KindRead {
  readonly kind: string
  readonly objects: readonly KubeObject[]
  readonly gaps: readonly Gap[]
}

async function readKind(
  api: Api,
  key: string,
  resource: Resource | undefined,
  options: ReadOptions,
): Promise<KindRead> {
  const kind = key.slice(key.indexOf('/') + 1)
  if (resource === undefined) return {kind, objects: [], gaps: absent(key, kind)}
  const places = resource.namespaced ? namespacesOf(options) : [null]
  const objects: KubeObject[] = []
  const gaps: Gap[] = []
  for (const namespace of places) {
    try {
      objects.push(...(await listAll(api, resource, namespace, options.signal)))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      gaps.push({kind, namespace: namespace ?? '', reason: reasonOf(error)})
    }
  }
  return {kind, objects, gaps}
}

/** Istio's own kinds are expected; those of add-ons and of an old Istio are not missed where their CRD is not installed. */
function absent(key: string, kind: string): readonly Gap[] {
  return key.includes('.istio.io/') && !key.startsWith('authentication.')
    ? [{kind, namespace: '', reason: 'its CRD is not installed'}]
    : []
}

function namespacesOf({
  namespaces = [],
  rootNamespace = 'istio-system',
}: ReadOptions): readonly (string | null)[] {
  return namespaces.length === 0 ? [null] : [...new Set([...namespaces, rootNamespace])]
}

function reasonOf(error: ApiError): string {
  if (error.status === 403) return 'forbidden'
  if (error.status === 404) return 'not served by this cluster'
  return error.message
}

async function listAll(
  api: Api,
  resource: Resource,
  namespace: string | null,
  signal: AbortSignal | undefined,
): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = []
  let next: string | undefined
  do {
    const query = {limit: String(pageSize), ...(next === undefined ? {} : {continue: next})}
    const page = await api.request({
      path: pathOf(resource, namespace),
      query,
      ...(signal === undefined ? {} : {signal}),
    })
    for (const item of list(page['items'])) if (isRecord(item)) found.push(fromServer(item, resource))
    next = text(record(page['metadata'])['continue']) || undefined
  } while (next !== undefined)
  return found
}

/** Items of a list carry no apiVersion and kind of their own. */
export function fromServer(item: JsonObject, resource: Pick<Resource, 'apiVersion' | 'kind'>): KubeObject {
  const metadata = record(item['metadata'])
  const id = {
    cluster: '',
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    namespace: text(metadata['namespace']) ?? '',
    name: text(metadata['name']) ?? '',
  }
  return {id, value: {apiVersion: resource.apiVersion, kind: resource.kind, ...item}, source: null}
}
