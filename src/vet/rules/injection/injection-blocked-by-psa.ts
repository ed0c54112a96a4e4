import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {record, textMap} from '../../../objects/json.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

const enforce = 'pod-security.kubernetes.io/enforce'

export default defineRule({
  id: 'injection-blocked-by-psa',
  area: 'injection',
  severity: 'error',
  istio: '*',
  inputs: ['Namespace', 'DaemonSet'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    refused:
      'Pod security of this namespace is {level}, and the container that the injector adds to {workloads} needs NET_ADMIN and NET_RAW, which that forbids: no pod is made.',
  },
  why: 'Without Istio’s CNI node agent an init container sets up the redirection, and it needs capabilities that the levels baseline and restricted do not grant. The Deployment is accepted, and its pods are refused one after the other.',
  fix: 'Install the CNI node agent (components.cni, or the chart istio/cni), which does it on the node.',
  check(mesh, report) {
    const certainty = absence(mesh, ['DaemonSet'])
    if (hasCni(mesh)) return
    for (const [namespace, workloads] of injected(mesh)) {
      const object = mesh.namespaceObject(namespace)
      const level = textMap(record(object?.value['metadata'])['labels'])[enforce] ?? ''
      if (object === null || !/^(baseline|restricted)$/.test(level)) continue
      report({
        messageId: 'refused',
        data: {level, workloads: listed(workloads.map(nameOf))},
        identity: ['level'],
        object,
        path: ['metadata', 'labels', enforce],
        certainty,
        evidence: workloads
          .slice(0, 5)
          .map(workload =>
            fact(`${workload.kind} ${nameOf(workload)} is injected`, workload.object, ['metadata', 'name']),
          ),
      })
    }
  },
})

/** The node agent, by what its chart calls it (istio manifests/charts/istio-cni). */
function hasCni(mesh: Mesh): boolean {
  return mesh.workloads.some(
    ({kind, name, containers}) =>
      kind === 'DaemonSet' &&
      (name.includes('istio-cni') || containers.some(one => one.name === 'install-cni')),
  )
}

const injected = perMesh((mesh): ReadonlyMap<string, readonly Workload[]> => {
  const found = new Map<string, Workload[]>()
  for (const workload of mesh.workloads) {
    const {inMesh, mode, reason} = mesh.injection(workload)
    if (inMesh !== true || mode !== 'sidecar' || reason === 'sidecar-in-template') continue
    const known = found.get(workload.namespace)
    if (known === undefined) found.set(workload.namespace, [workload])
    else known.push(workload)
  }
  return found
})
