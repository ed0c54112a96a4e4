import {hostsIn} from './host-values.ts'
import {entries, isRecord, record, records, text} from './json.ts'
import {groupOf} from './kinds.ts'
import type {Json, JsonObject, KubeObject} from './object.ts'
import {only, reducedMetadata, withoutSecrets} from './snapshot-fields.ts'
import {reducedPodSpec, reducedTemplate} from './snapshot-pods.ts'
import type {KnownHost} from './snapshot-pods.ts'
import {readYaml} from './yaml.ts'

type Reduce = (value: JsonObject, known: KnownHost, object: KubeObject) => JsonObject | null

const spec: Reduce = value => ({spec: withoutSecrets(value['spec'] ?? {})})
const nothingMore: Reduce = () => ({})

const workload: Reduce = (value, known) => {
  const own = record(value['spec'])
  return {spec: {...only(own, ['replicas', 'selector']), template: reducedTemplate(own['template'], known)}}
}

const cronJob: Reduce = (value, known) => {
  const own = record(value['spec'])
  const job = record(record(own['jobTemplate'])['spec'])
  return {
    spec: {
      ...only(own, ['schedule', 'suspend']),
      jobTemplate: {spec: {template: reducedTemplate(job['template'], known)}},
    },
  }
}

const pod: Reduce = (value, known) => {
  const status = only(record(value['status']), ['phase'])
  return {spec: reducedPodSpec(value['spec'], known), ...(Object.keys(status).length > 0 && {status})}
}

/** Where a webhook sends its calls, and for which objects. */
const webhooks: Reduce = value => ({
  webhooks: records(value['webhooks']).map(webhook => ({
    ...only(webhook, [
      'name',
      'failurePolicy',
      'namespaceSelector',
      'objectSelector',
      'rules',
      'matchPolicy',
    ]),
    clientConfig: only(record(webhook['clientConfig']), ['service', 'url']),
  })),
})

const operator: Reduce = value => {
  const own = record(value['spec'])
  const values = record(own['values'])
  return {
    spec: {
      ...only(own, ['profile', 'revision', 'tag', 'namespace']),
      ...(isRecord(own['meshConfig']) && {meshConfig: withoutSecrets(own['meshConfig'])}),
      values: withoutSecrets(only(values, ['revision', 'defaultRevision', 'sidecarInjectorWebhook'])),
    },
  }
}

/** The mesh config; of other ConfigMaps the hosts in them, for what their workloads call. */
const configMap: Reduce = (value, known, object) => {
  const data = record(value['data'])
  const mesh = text(data['mesh'])
  if (mesh !== undefined && /^istio(-|$)/.test(object.id.name)) return {data: {mesh: reducedMesh(mesh)}}
  const kept = Object.entries(data).flatMap(([key, item]) => {
    const hosts = hostsIn(text(item) ?? '', known)
    return hosts === undefined ? [] : [[key, hosts] as const]
  })
  return kept.length === 0 ? null : {data: Object.fromEntries(kept)}
}

/** The mesh config as JSON, which is YAML too. */
function reducedMesh(mesh: string): string {
  const {value} = readYaml(mesh)
  return `${JSON.stringify(isRecord(value) ? withoutSecrets(value) : {}, null, 1)}\n`
}

const monitor: Reduce = value => {
  const own = record(value['spec'])
  const endpoints = (key: string): Json =>
    entries(own[key]).map(([, endpoint]) =>
      only(endpoint, ['port', 'targetPort', 'portNumber', 'path', 'scheme', 'tlsConfig', 'interval']),
    )
  return {
    spec: {
      ...only(own, ['selector', 'namespaceSelector', 'jobLabel']),
      ...(Array.isArray(own['endpoints']) && {endpoints: endpoints('endpoints')}),
      ...(Array.isArray(own['podMetricsEndpoints']) && {
        podMetricsEndpoints: endpoints('podMetricsEndpoints'),
      }),
    },
  }
}

/** Groups all of whose kinds are settings of a mesh. */
const meshGroups = new Set([
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'authentication.istio.io',
  'rbac.istio.io',
  'config.istio.io',
  'gateway.networking.k8s.io',
])

const reducers: Readonly<Record<string, Reduce>> = {
  '/Namespace': nothingMore,
  '/Node': nothingMore,
  '/Service': spec,
  '/Pod': pod,
  '/ReplicationController': workload,
  '/ConfigMap': configMap,
  'apps/Deployment': workload,
  'apps/StatefulSet': workload,
  'apps/DaemonSet': workload,
  'apps/ReplicaSet': workload,
  'extensions/Deployment': workload,
  'extensions/DaemonSet': workload,
  'argoproj.io/Rollout': workload,
  'batch/Job': workload,
  'batch/CronJob': cronJob,
  'networking.k8s.io/Ingress': spec,
  'networking.k8s.io/NetworkPolicy': spec,
  'extensions/Ingress': spec,
  'autoscaling/HorizontalPodAutoscaler': value => ({
    spec: only(record(value['spec']), ['scaleTargetRef', 'minReplicas', 'maxReplicas']),
  }),
  'policy/PodDisruptionBudget': spec,
  'install.istio.io/IstioOperator': operator,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': webhooks,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': webhooks,
  'monitoring.coreos.com/ServiceMonitor': monitor,
  'monitoring.coreos.com/PodMonitor': monitor,
}

/** What a snapshot keeps of an object; null for one that the model doesn't read. Of a Secret that is never anything. */
export function reducedObject(object: KubeObject, known: KnownHost): JsonObject | null {
  const {apiVersion, kind, namespace, name} = object.id
  const group = groupOf(apiVersion)
  const key = `${group}/${kind}`
  const reduce = Object.hasOwn(reducers, key) ? reducers[key] : meshGroups.has(group) ? spec : undefined
  const rest = reduce?.(object.value, known, object) ?? null
  if (rest === null) return null
  const metadata = {...reducedMetadata(object.value['metadata']), name, ...(namespace !== '' && {namespace})}
  return {apiVersion, kind, metadata, ...rest}
}
