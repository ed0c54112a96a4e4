import {entries, record, records, text, textMap} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import {fact} from '../mesh/fact.ts'
import type {Fact} from '../mesh/fact.ts'
import type {Mesh} from '../mesh/mesh.ts'
import {perMesh} from '../mesh/per-mesh.ts'
import {listed, reason} from './reasons.ts'
import type {Reason} from './stage.ts'

/**
 * What is known of Istio's control plane. Manifests of applications show none and still can be planned for: then one
 * is assumed, and said to be. Only a cluster, where everything can be seen, can be known to have none.
 */
export interface ControlPlane {
  readonly state: 'one' | 'several' | 'skew' | 'assumed' | 'none'
  /** Revisions and tags; `default` is the one without a name. */
  readonly revisions: readonly string[]
  /** `1.31` each, oldest first, as far as the images tell. */
  readonly versions: readonly string[]
  readonly facts: readonly Fact[]
}

export const installCommands: readonly string[] = [
  'helm repo add istio https://istio-release.storage.googleapis.com/charts',
  'helm install istio-base istio/base -n istio-system --create-namespace',
  'helm install istiod istio/istiod -n istio-system --wait',
]

export const controlPlane = perMesh((mesh): ControlPlane => {
  const istiods = mesh.objects('Deployment').filter(isIstiod)
  const facts = [
    ...istiods.map(istiod =>
      fact(`Deployment ${istiod.id.namespace}/${istiod.id.name} is a control plane`, istiod),
    ),
    ...otherTraces(mesh),
  ]
  const revisions = [...new Set([...istiods.map(revisionOf), ...mesh.revisions])]
  const versions = [...new Set(istiods.flatMap(versionOf))].sort(byMinor)
  if (facts.length === 0 && mesh.revisions.length === 0)
    return {state: knownToHaveNone(mesh) ? 'none' : 'assumed', revisions, versions, facts}
  const planes = new Set(istiods.map(revisionOf)).size
  return {state: planes < 2 ? 'one' : skewed(versions) ? 'skew' : 'several', revisions, versions, facts}
})

/** Why no cell can be planned for now; empty where there is a control plane, or may be one. */
export function controlPlaneBlockers(mesh: Mesh): readonly Reason[] {
  if (controlPlane(mesh).state !== 'none') return []
  const message = 'there is no control plane in the cluster: without Istio nothing of this takes effect'
  return [reason('control-plane', message, [], installCommands.join(' && '))]
}

/** What is worth saying of the control plane beside each plan. */
export function controlPlaneCautions(mesh: Mesh): readonly Reason[] {
  const {state, versions, facts} = controlPlane(mesh)
  if (state !== 'skew') return []
  const message = `control planes of ${listed(versions)} run side by side; Istio supports one minor version of difference`
  return [reason('control-plane-skew', message, facts, 'finish the upgrade of the older one first')]
}

/** The assumption that plans rest on, in plain words; null where none is made. */
export function controlPlaneAssumption(mesh: Mesh): string | null {
  return controlPlane(mesh).state === 'assumed'
    ? 'a control plane is assumed to run: the input holds no part of one'
    : null
}

function isIstiod(object: KubeObject): boolean {
  const labels = textMap(record(object.value['metadata'])['labels'])
  return labels['app'] === 'istiod' || labels['istio'] === 'pilot' || /^istiod(-|$)/.test(object.id.name)
}

function revisionOf(object: KubeObject): string {
  return textMap(record(object.value['metadata'])['labels'])['istio.io/rev'] ?? 'default'
}

/** The minor version by the image's tag: `docker.io/istio/pilot:1.31.0-distroless`. */
function versionOf(istiod: KubeObject): readonly string[] {
  const spec = record(record(record(istiod.value['spec'])['template'])['spec'])
  const images = records(spec['containers']).map(container => text(container['image']) ?? '')
  return images.flatMap(image => /:v?(\d+\.\d+)(\.|-|$)/.exec(image)?.[1] ?? [])
}

function otherTraces(mesh: Mesh): readonly Fact[] {
  const config = mesh.meshConfig.object
  const traces = [
    ...(config === null
      ? []
      : [fact(`${config.id.kind} ${config.id.name} holds the mesh's settings`, config)]),
    ...mesh
      .objects('MutatingWebhookConfiguration')
      .filter(injects)
      .map(hook => fact(`MutatingWebhookConfiguration ${hook.id.name} injects sidecars`, hook)),
    ...[...mesh.objects('IstioOperator'), ...mesh.objects('Istio')].map(object =>
      fact(`${object.id.kind} ${object.id.name} installs Istio`, object),
    ),
  ]
  return traces.filter((trace, index) => traces.findIndex(other => other.object === trace.object) === index)
}

function injects(hook: KubeObject): boolean {
  return entries(hook.value['webhooks']).some(
    ([, webhook]) => text(webhook['name'])?.endsWith('sidecar-injector.istio.io') === true,
  )
}

/** Everything was listed, and it was listed from a cluster: a directory, however complete, may leave Istio out. */
function knownToHaveNone(mesh: Mesh): boolean {
  const listedAll = ['Deployment', 'MutatingWebhookConfiguration', 'ConfigMap'].every(kind =>
    mesh.complete(kind),
  )
  return listedAll && mesh.objects().every(object => object.source === null)
}

function skewed(versions: readonly string[]): boolean {
  const minors = versions.map(minor)
  return Math.max(...minors) - Math.min(...minors) > 1
}

function byMinor(a: string, b: string): number {
  return minor(a) - minor(b)
}

function minor(version: string): number {
  return Number(version.split('.')[1])
}
