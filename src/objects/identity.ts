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
  const name = text(metadata['name']) ?? text(metadata['generateName'])
  if (!apiVersion || !kind || !name) return undefined
  const written = text(metadata['namespace']) ?? ''
  const known = kindOf(apiVersion, kind)
  const namespace = known === undefined ? written : known.namespaced ? written || (defaults.defaultNamespace ?? 'default') : ''
  return {cluster: defaults.cluster ?? '', apiVersion, kind, namespace, name}
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
