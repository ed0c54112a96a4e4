import {at, record, records, text, textMap} from '../../objects/json.ts'
import type {JsonObject} from '../../objects/object.ts'
import {managersOf} from '../../cluster/write.ts'

/** Who would undo a live change at its next run. */
export interface Manager {
  readonly tool: 'Argo CD' | 'Flux' | 'Helm' | 'a controller'
  /** Its application, kustomization or release; the owner where it is a controller. */
  readonly name: string
  /** The label, annotation or owner that shows it. */
  readonly shownBy: string
}

/** Who manages an object, by the marks that each tool leaves on what it applies; null where nobody does. */
export function managerOf(value: JsonObject): Manager | null {
  const labels = textMap(at(value, ['metadata', 'labels']))
  const annotations = textMap(at(value, ['metadata', 'annotations']))
  return argo(value, labels, annotations) ?? flux(labels) ?? helm(labels, annotations) ?? controller(value)
}

type Marks = Readonly<Record<string, string>>

const instance = 'app.kubernetes.io/instance'
const trackingId = 'argocd.argoproj.io/tracking-id'

/** https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/: the annotation, or by default the label. */
function argo(value: JsonObject, labels: Marks, annotations: Marks): Manager | null {
  const id = annotations[trackingId]
  if (id !== undefined)
    return {tool: 'Argo CD', name: id.split(':')[0] ?? id, shownBy: `annotation ${trackingId}`}
  const own = labels['argocd.argoproj.io/instance']
  if (own !== undefined) return {tool: 'Argo CD', name: own, shownBy: 'label argocd.argoproj.io/instance'}
  // Helm charts and plain manifests carry the common label as well: only with Argo's field manager is it Argo's.
  const applied = managersOf(value).find(({manager}) => manager.startsWith('argocd-'))
  if (applied === undefined) return null
  return {tool: 'Argo CD', name: labels[instance] ?? '', shownBy: `field manager ${applied.manager}`}
}

function flux(labels: Marks): Manager | null {
  for (const prefix of ['kustomize.toolkit.fluxcd.io', 'helm.toolkit.fluxcd.io']) {
    const name = labels[`${prefix}/name`]
    if (name === undefined) continue
    const namespace = labels[`${prefix}/namespace`]
    return {
      tool: 'Flux',
      name: namespace === undefined ? name : `${namespace}/${name}`,
      shownBy: `label ${prefix}/name`,
    }
  }
  return null
}

function helm(labels: Marks, annotations: Marks): Manager | null {
  const release = annotations['meta.helm.sh/release-name']
  if (release !== undefined) {
    const namespace = annotations['meta.helm.sh/release-namespace']
    return {
      tool: 'Helm',
      name: namespace === undefined ? release : `${namespace}/${release}`,
      shownBy: 'annotation meta.helm.sh/release-name',
    }
  }
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return null
  return {tool: 'Helm', name: labels[instance] ?? '', shownBy: 'label app.kubernetes.io/managed-by'}
}

/** A ReplicaSet of a Deployment, a Deployment of an operator: its owner writes it again. */
function controller(value: JsonObject): Manager | null {
  const owner = records(record(value['metadata'])['ownerReferences']).find(one => one['controller'] === true)
  if (owner === undefined) return null
  return {
    tool: 'a controller',
    name: `${text(owner['kind']) ?? ''} ${text(owner['name']) ?? ''}`,
    shownBy: 'ownerReferences',
  }
}
