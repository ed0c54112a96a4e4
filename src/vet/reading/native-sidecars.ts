import parse from 'semver/functions/parse.js'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {at, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

/** Whether proxies run as native sidecars, which start before and end after the containers of the application. */
export interface NativeSidecars {
  readonly native: boolean | 'unknown'
  readonly why: Fact
}

const annotation = 'sidecar.istio.io/nativeSidecar'

/** The annotation of the pod, else the switch of istiod, else every node's kubelet (istio pkg/kube/inject/webhook.go). */
export function nativeSidecars(mesh: Mesh, workload: Workload): NativeSidecars {
  const own = workload.annotations[annotation]
  if (own === 'true' || own === 'false') {
    const path = [...workload.templatePath, 'metadata', 'annotations', annotation]
    return {native: own === 'true', why: fact(`annotation ${annotation}: "${own}"`, workload.object, path)}
  }
  return ofMesh(mesh)
}

const ofMesh = perMesh((mesh): NativeSidecars => switched(mesh) ?? byNodes(mesh))

function switched(mesh: Mesh): NativeSidecars | null {
  for (const {object, containers} of mesh.workloads) {
    if (object.id.namespace !== mesh.meshConfig.rootNamespace) continue
    const variable = containers.flatMap(({env}) => env).find(({name}) => name === 'ENABLE_NATIVE_SIDECARS')
    if (variable === undefined || variable.value === 'auto') continue
    const native = variable.value === 'true'
    return {native, why: fact(`istiod has ENABLE_NATIVE_SIDECARS=${variable.value}`, object, variable.path)}
  }
  return null
}

function byNodes(mesh: Mesh): NativeSidecars {
  if (Number(mesh.version.minor.split('.')[1]) < 27)
    return {native: false, why: fact(`native sidecars are off by default in Istio ${mesh.version.minor}`)}
  const old = mesh.objects('Node').find(node => kubeletMinor(node) < 33)
  if (old !== undefined)
    return {
      native: false,
      why: fact(`the kubelet of node ${old.id.name} is older than 1.33`, old, ['status', 'nodeInfo']),
    }
  const known = mesh.objects('Node').length > 0
  return {
    native: known ? true : 'unknown',
    why: fact(
      known
        ? 'every node has a kubelet of 1.33 or newer'
        : 'native sidecars need kubelets of 1.33, and no Node is in the input',
    ),
  }
}

function kubeletMinor(node: KubeObject): number {
  const version = text(at(node.value, ['status', 'nodeInfo', 'kubeletVersion'])) ?? ''
  return parse(version)?.minor ?? Number.POSITIVE_INFINITY
}
