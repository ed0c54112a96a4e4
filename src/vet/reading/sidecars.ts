import {policySelector} from '../../mesh/selectors.ts'
import type {Labels, Mesh} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

/** The labels by which a Sidecar selects workloads; null for all of its namespace. */
export function sidecarSelector(sidecar: KubeObject): Labels | null {
  return policySelector(record(sidecar.value['spec'])['workloadSelector'], 'labels')
}

export const sidecarsByNamespace = perMesh((mesh: Mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>()
  for (const sidecar of mesh.objects('Sidecar')) {
    const group = found.get(sidecar.id.namespace)
    if (group === undefined) found.set(sidecar.id.namespace, [sidecar])
    else group.push(sidecar)
  }
  return found
})
