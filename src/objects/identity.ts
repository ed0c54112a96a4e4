import {record, text} from './json.ts'
import {groupOf, kindOf} from './kinds.ts'
import type {JsonObject, ObjectId} from './object.ts'

export interface IdDefaults {
  /** The namespace of namespaced objects that name none; `default` when not given. */
  readonly defaultNamespace?: string
  readonly cluster?: string
}

/**
 * Who an object is, or undefined where its apiVersion, kind or name is missing. A namespace on a cluster-scoped kind is
 * dropped, as the API server does; a kind that meshctl doesn't know is namespaced if it names a namespace.
 */
export function idOf(value: JsonObject, defaults: IdDefaults = {}): ObjectId | undefined {
  const metadata = record(value['metadata'])
  const apiVersion = text(value['apiVersion'])
  const kind = text(value['kind'])
  const name = nameOf(value)
  if (!apiVersion || !kind || !name) return undefined
  const written = text(metadata['namespace']) ?? ''
  const known = kindOf(apiVersion, kind)
  const namespace = known === undefined ? written : known.namespaced ? written || homeOf(kind, defaults) : ''
  return {cluster: defaults.cluster ?? '', apiVersion, kind, namespace, name}
}

/** An IstioOperator goes where istioctl puts Istio, whatever namespace is the current one. */
function homeOf(kind: string, defaults: IdDefaults): string {
  return kind === 'IstioOperator' ? 'istio-system' : (defaults.defaultNamespace ?? 'default')
}

/** The name; `generateName` serves where the API server is to make one, and istioctl names its own object. */
export function nameOf(value: JsonObject): string | undefined {
  const metadata = record(value['metadata'])
  const nameless = value['kind'] === 'IstioOperator' ? 'installed-state' : undefined
  return text(metadata['name']) ?? text(metadata['generateName']) ?? nameless
}

/** Group, kind, namespace and name: two versions of one kind are the same object. */
export function objectKey(id: ObjectId): string {
  const group = groupOf(id.apiVersion)
  const home = movedGroups[`${group}/${id.kind}`] ?? group
  return `${id.cluster}|${home}/${id.kind}/${id.namespace}/${id.name}`
}

/** Kinds that the API server serves in two groups; an object in the old group is the one in the new. */
const movedGroups: Readonly<Record<string, string>> = {
  'extensions/Deployment': 'apps',
  'extensions/DaemonSet': 'apps',
  'extensions/ReplicaSet': 'apps',
  'extensions/Ingress': 'networking.k8s.io',
  'extensions/NetworkPolicy': 'networking.k8s.io',
}

export function sameObject(a: ObjectId, b: ObjectId): boolean {
  return objectKey(a) === objectKey(b)
}

/** An object in words: `PeerAuthentication default/strict`, `Namespace prod`. */
export function describe(id: ObjectId): string {
  const name = id.namespace === '' ? id.name : `${id.namespace}/${id.name}`
  return `${id.kind} ${name}`
}
