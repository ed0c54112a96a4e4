import type {Client, Mesh, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import type {KubeObject} from '../../objects/object.ts'

interface Meshed {
  readonly all: readonly Client[]
  readonly byNamespace: ReadonlyMap<string, readonly Client[]>
}

const meshedClients = perMesh((mesh): Meshed => {
  const all = mesh.clients.filter(
    client => client.kind === 'workload' && client.inMesh === true && client.of !== null,
  )
  const byNamespace = new Map<string, Client[]>()
  for (const client of all) {
    const group = byNamespace.get(client.namespace)
    if (group === undefined) byNamespace.set(client.namespace, [client])
    else group.push(client)
  }
  return {all, byNamespace}
})

/**
 * A few clients in the mesh that can stand for all when a policy of a namespace is tried: of that namespace, whose view
 * may be their own, and of the rest.
 */
export function sampleClients(mesh: Mesh, namespace: string): readonly Client[] {
  const {all, byNamespace} = meshedClients(mesh)
  return [...new Set([...(byNamespace.get(namespace) ?? []).slice(0, 3), ...all.slice(0, 3)])]
}

const anyone = perMesh(() => new Map<string, Workload>())

/** A workload without labels that stands for any client of a namespace, where the input need not hold one. */
export function anyoneIn(mesh: Mesh, namespace: string, object: KubeObject): Workload {
  const known = anyone(mesh).get(namespace) ?? nobodyKnown(namespace, object)
  anyone(mesh).set(namespace, known)
  return known
}

function nobodyKnown(namespace: string, object: KubeObject): Workload {
  return {
    object,
    kind: 'Pod',
    namespace,
    name: 'any client',
    labels: {},
    annotations: {},
    serviceAccount: 'default',
    hostNetwork: false,
    replicas: 1,
    containers: [],
    templatePath: [],
    pods: [],
  }
}
