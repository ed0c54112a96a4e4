import {isRecord, record, records, text} from './json.ts'
import type {Json, JsonObject} from './object.ts'

/** The fields of a record that are there, of those named. */
export function only(value: JsonObject, fields: readonly string[]): Record<string, Json> {
  const result: Record<string, Json> = {}
  for (const field of fields) {
    const item = Object.hasOwn(value, field) ? value[field] : undefined
    if (item !== undefined && item !== null) result[field] = item
  }
  return result
}

/** Metadata without what managers write into it; of annotations those that a mesh or meshctl reads. */
export function reducedMetadata(value: Json | undefined): JsonObject {
  const metadata = record(value)
  const result: Record<string, Json> = only(metadata, [
    'name',
    'generateName',
    'namespace',
    'labels',
    'creationTimestamp',
  ])
  const annotations = Object.entries(record(metadata['annotations'])).filter(
    ([key, item]) => typeof item === 'string' && isMeshAnnotation(key),
  )
  if (annotations.length > 0) result['annotations'] = Object.fromEntries(annotations)
  const owners = records(metadata['ownerReferences'])
  if (owners.length > 0)
    result['ownerReferences'] = owners.map(owner => only(owner, ['apiVersion', 'kind', 'name', 'controller']))
  return result
}

function isMeshAnnotation(key: string): boolean {
  const domain = key.slice(0, Math.max(0, key.indexOf('/')))
  return (
    /(^|\.)(istio\.io|meshctl\.[a-z]+|prometheus\.io|gateway\.networking\.k8s\.io)$|^meshctl$/.test(domain) ||
    key === 'kubernetes.io/ingress.class'
  )
}

/** A value without what may be secret in settings of a mesh: header values, bodies, certificates, credentials. */
export function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutSecrets)
  if (!isRecord(value)) return value
  const result: Record<string, Json> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || secretFields.has(key)) continue
    const kept = headerFields.has(key) ? hiddenValues(item) : withoutSecrets(item)
    Object.defineProperty(result, key, {value: kept, enumerable: true, configurable: true, writable: true})
  }
  return result
}

const secretFields = new Set([
  'caBundle',
  'pluginConfig',
  'jwks',
  'body',
  'inlineBytes',
  'inlineString',
  'inlineCode',
  'caCertificates',
  'bearerTokenSecret',
  'basicAuth',
  'authorization',
  'oauth2',
])

/** What sets headers: their names matter, their values may be tokens. */
const headerFields = new Set(['set', 'add', 'initialMetadata'])

const hidden = 'hidden'

function hiddenValues(value: Json): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map(item =>
      isRecord(item) && text(item['name']) !== undefined ? {...item, value: hidden} : withoutSecrets(item),
    )
  }
  if (!isRecord(value)) return typeof value === 'string' ? hidden : value
  return Object.fromEntries(Object.keys(value).map(key => [key, hidden]))
}
