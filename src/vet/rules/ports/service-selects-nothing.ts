import {matches} from '../../../mesh/selectors.ts'
import type {Labels, Mesh} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {record, textMap} from '../../../objects/json.ts'
import {writtenServices} from '../../reading/ports.ts'
import {absence, podKinds} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

const populated = perMesh(mesh => new Set(mesh.workloads.map(({namespace}) => namespace)))

const entriesByNamespace = perMesh((mesh): ReadonlyMap<string, readonly Labels[]> => {
  const groups = new Map<string, Labels[]>()
  for (const {id, value} of mesh.objects('WorkloadEntry')) {
    const labels = textMap(record(value['spec'])['labels'])
    const group = groups.get(id.namespace)
    if (group === undefined) groups.set(id.namespace, [labels])
    else group.push(labels)
  }
  return groups
})

export default defineRule({
  id: 'service-selects-nothing',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service', 'WorkloadEntry', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['dangling-service'],
  formerIds: [],
  messages: {
    nothing: 'No workload of namespace {namespace} has the labels {labels}: the Service has no endpoints.',
  },
  why: 'A Service whose selector matches no pod has no endpoints: every request to it ends in 503 UH.',
  fix: 'Make the selector match labels of the pod template.',
  check(mesh, report) {
    const certainty = absence(mesh, podKinds)
    for (const service of writtenServices(mesh)) {
      const {selector, namespace} = service
      if (selector === null || service.type === 'ExternalName' || mesh.endpoints(service).length > 0) continue
      if (isSelectedEntry(mesh, selector, namespace)) continue
      // A directory may hold Services alone; one with workloads of the namespace was meant to hold these too.
      if (certainty !== 'certain' && !populated(mesh).has(namespace)) continue
      const labels = Object.entries(selector).map(([key, value]) => `${key}: ${value}`)
      report({
        messageId: 'nothing',
        data: {namespace, labels: labels.join(', ')},
        identity: [],
        object: service.object,
        path: ['spec', 'selector'],
        certainty,
      })
    }
  },
})

function isSelectedEntry(mesh: Mesh, selector: Labels, namespace: string): boolean {
  return (entriesByNamespace(mesh).get(namespace) ?? []).some(labels => matches(selector, labels))
}
