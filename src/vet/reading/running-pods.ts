import type {Injection, Mesh, Workload} from '../../mesh/mesh.ts'
import {proxyContainer} from '../../mesh/workloads.ts'
import {record, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'

/** Pods of a workload that run or are about to; a manifest of a file is none. */
export function runningPods({object, kind, pods}: Workload): readonly KubeObject[] {
  const all = kind === 'Pod' ? [object] : pods
  return all.filter(pod => {
    const phase = text(record(pod.value['status'])['phase'])
    return phase === 'Running' || phase === 'Pending'
  })
}

export function hasProxy(pod: KubeObject): boolean {
  return proxyContainer(pod.value) !== undefined
}

/** What its labels say about injection, whatever its pods look like now. */
export function injectionByLabels(mesh: Mesh, workload: Workload): Injection {
  const {status: _, ...value} = workload.object.value
  return mesh.injection({...workload, pods: [], object: {...workload.object, value}})
}
