import {basename} from 'node:path'
import {isRecord, text} from './json.ts'
import {groupOf} from './kinds.ts'
import type {Json} from './object.ts'

/**
 * Whether a document is none of Kubernetes' objects but something else that rightly lies beside them, so that it is
 * passed over without a word: a kustomization, a JSON patch, Helm's values, the configuration of a tool.
 */
export function foreignDocument(value: Json, file: string): boolean {
  if (Array.isArray(value)) return value.length > 0 && (value as readonly Json[]).every(isPatchOperation)
  if (!isRecord(value)) return false
  const {apiVersion, kind} = value
  if (apiVersion === undefined && kind === undefined) return isHelmValues(file)
  const group = groupOf(text(apiVersion) ?? '')
  if (group === 'kustomize.config.k8s.io' || (kind === 'Kustomization' && !isRecord(value['spec'])))
    return true
  return (
    !isRecord(value['metadata']) &&
    (toolGroups.has(group) || group.endsWith('.config.k8s.io') || kind === 'Config')
  )
}

/** Whether a document doesn't even claim to be an object: settings of other tools that lie beside manifests. */
export function claimsNothing(value: Json): boolean {
  const items: readonly Json[] = Array.isArray(value) ? (value as readonly Json[]) : [value]
  return items.every(
    item =>
      isRecord(item) &&
      item['apiVersion'] === undefined &&
      item['kind'] === undefined &&
      item['metadata'] === undefined,
  )
}

/** An operation of RFC 6902, of which kustomize's patch files are lists. */
function isPatchOperation(value: Json): boolean {
  return isRecord(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string'
}

function isHelmValues(file: string): boolean {
  return /^values([.-].*)?\.(ya?ml|json)$|[.-]values\.ya?ml$/.test(basename(file))
}

/** Groups of files that are read by a tool and never stored by the API server. */
const toolGroups = new Set([
  'kind.x-k8s.io',
  'kubeadm.k8s.io',
  'k3d.io',
  'skaffold',
  'audit.k8s.io',
  'client.authentication.k8s.io',
  'ctlptl.dev',
])
