import {ignoredNamespaces} from '../mesh/injection.ts'
import type {ClientDeclaration} from '../mesh/mesh.ts'
import {at, textMap} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'

const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod']

/**
 * The parts of Kubernetes and of Istio itself serve applications and call none. Manifests of applications do not hold
 * them; a cluster does, and without this each of them would be a caller of whose calls nothing is known.
 */
export function platformClients(
  objects: readonly KubeObject[],
  declared: readonly ClientDeclaration[],
): readonly ClientDeclaration[] {
  const named = new Set(declared.map(({client}) => client.split('/').slice(-2).join('/')))
  return objects
    .filter(object => kinds.includes(object.id.kind) && isPlatform(object))
    .filter(({id}) => !named.has(`${id.namespace}/${id.name}`))
    .map(({id: {kind, namespace, name}}) => ({
      client: `${kind.toLowerCase()}/${namespace}/${name}`,
      calls: [],
      reason: 'a part of the platform',
      until: null,
      object: null,
      path: [],
    }))
}

function isPlatform({id, value}: KubeObject): boolean {
  const labels = textMap(at(value, ['metadata', 'labels']))
  return (
    ignoredNamespaces.includes(id.namespace) ||
    labels['app'] === 'istiod' ||
    labels['app'] === 'ztunnel' ||
    labels['k8s-app'] === 'istio-cni-node'
  )
}

export const platformAssumption =
  'workloads of kube-system and of Istio itself are taken to call no application (else say so in meshctl.yaml, clients:)'
