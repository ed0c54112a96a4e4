import {expandVariables, hostsIn} from './host-values.ts'
import {entries, isRecord, list, record, records, text} from './json.ts'
import type {Json, JsonObject} from './object.ts'
import {only, reducedMetadata} from './snapshot-fields.ts'

/** What the model asks of a host name: whether a service of the mesh has it. */
export type KnownHost = (host: string) => boolean

/** A pod template, or a pod, as a snapshot keeps it. */
export function reducedTemplate(value: Json | undefined, known: KnownHost): JsonObject {
  const template = record(value)
  return {metadata: reducedMetadata(template['metadata']), spec: reducedPodSpec(template['spec'], known)}
}

const podFields = [
  'serviceAccountName',
  'serviceAccount',
  'hostNetwork',
  'restartPolicy',
  'terminationGracePeriodSeconds',
  'securityContext',
  'dnsPolicy',
  'shareProcessNamespace',
]

export function reducedPodSpec(value: Json | undefined, known: KnownHost): JsonObject {
  const spec = record(value)
  const result: Record<string, Json> = only(spec, podFields)
  for (const key of ['initContainers', 'containers'] as const) {
    if (Array.isArray(spec[key]))
      result[key] = list(spec[key]).map(container => reducedContainer(container, known))
  }
  const volumes = records(spec['volumes']).filter(volume => isRecord(volume['configMap']))
  if (volumes.length > 0) {
    result['volumes'] = volumes.map(volume => ({
      ...only(volume, ['name']),
      configMap: only(record(volume['configMap']), ['name']),
    }))
  }
  return result
}

const containerFields = ['name', 'ports', 'restartPolicy', 'securityContext']

/** Items that are no containers stay, so that the others keep their index. */
function reducedContainer(value: Json, known: KnownHost): Json {
  if (!isRecord(value)) return null
  const result: Record<string, Json> = only(value, containerFields)
  const image = text(value['image'])
  if (image !== undefined) result['image'] = reducedImage(image)
  const variables = variablesOf(value)
  const env = entries(value['env']).flatMap(([, item]) => reducedVariable(item, variables, known))
  if (env.length > 0) result['env'] = env
  const sources = records(value['envFrom']).filter(source => isRecord(source['configMapRef']))
  if (sources.length > 0)
    result['envFrom'] = sources.map(source => ({
      configMapRef: only(record(source['configMapRef']), ['name']),
    }))
  for (const key of ['command', 'args'] as const) {
    if (Array.isArray(value[key]))
      result[key] = list(value[key]).map((item, index) =>
        reducedArgument(item, key === 'command' && index === 0, variables, known),
      )
  }
  for (const key of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (isRecord(value[key])) result[key] = reducedProbe(value[key])
  }
  if (isRecord(value['lifecycle'])) result['lifecycle'] = reducedLifecycle(value['lifecycle'])
  return result
}

/** An image without its registry and digest: `example.com/team/reviews:v1@sha256:…` is `reviews:v1`. */
function reducedImage(image: string): string {
  const [name = ''] = image.split('@')
  return name.slice(name.lastIndexOf('/') + 1)
}

function variablesOf(container: JsonObject): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const item of records(container['env'])) {
    const [name, value] = [text(item['name']), text(item['value'])]
    if (name !== undefined && value !== undefined) found.set(name, value)
  }
  return found
}

/** Of a variable its hosts, or the key of a ConfigMap that it takes; nothing of a Secret, not even its name. */
function reducedVariable(
  item: JsonObject,
  variables: ReadonlyMap<string, string>,
  known: KnownHost,
): readonly JsonObject[] {
  const name = text(item['name'])
  if (name === undefined) return []
  const reference = record(item['valueFrom'])['configMapKeyRef']
  if (isRecord(reference)) return [{name, valueFrom: {configMapKeyRef: only(reference, ['name', 'key'])}}]
  const hosts = hostsIn(expandVariables(text(item['value']) ?? '', variables), known)
  return hosts === undefined ? [] : [{name, value: hosts}]
}

/** An argument keeps its place, the name of its flag, and its hosts. */
function reducedArgument(
  item: Json,
  isProgram: boolean,
  variables: ReadonlyMap<string, string>,
  known: KnownHost,
): string {
  const argument = text(item) ?? ''
  const flag = /^--[\w.-]+(?==|$)|^-\w/.exec(argument)?.[0] ?? ''
  const rest = argument.slice(flag.length).replace(/^=/, '')
  const hosts = hostsIn(expandVariables(rest, variables), known)
  if (hosts !== undefined) return flag === '' ? hosts : `${flag}=${hosts}`
  return isProgram && !/\s/.test(argument) ? argument : flag
}

function reducedProbe(probe: JsonObject): JsonObject {
  const result: Record<string, Json> = only(probe, [
    'tcpSocket',
    'grpc',
    'initialDelaySeconds',
    'periodSeconds',
    'timeoutSeconds',
    'failureThreshold',
  ])
  const http = probe['httpGet']
  if (isRecord(http)) {
    result['httpGet'] = only(http, ['port', 'scheme'])
    const path = text(http['path'])?.split('?')[0]
    if (path !== undefined) result['httpGet'] = {...only(http, ['port', 'scheme']), path}
  }
  if (isRecord(probe['exec'])) result['exec'] = {}
  return result
}

/** That there is a hook, and not what it runs. */
function reducedLifecycle(lifecycle: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(only(lifecycle, ['preStop', 'postStart'])).map(hook => [hook, {}]))
}
