import {absence, podKinds} from '../../reading/references.ts'
import {sidecarSelector} from '../../reading/sidecars.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-selector-empty',
  area: 'sidecar',
  severity: 'warning',
  istio: '*',
  inputs: ['Sidecar', 'WorkloadEntry', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'KIA0004'],
  formerIds: [],
  messages: {
    nothing:
      'No workload of namespace {namespace} has the labels {labels}, so this Sidecar is in force nowhere.',
  },
  why: 'A Sidecar looks for workloads in its own namespace. One that selects none limits nothing, and its workloads keep the view of the whole mesh.',
  fix: 'Correct the labels to those of the pod template.',
  check(mesh, report) {
    for (const sidecar of mesh.objects('Sidecar')) {
      const selector = sidecarSelector(sidecar)
      const {namespace} = sidecar.id
      if (selector === null || mesh.selected(selector, namespace).length > 0) continue
      report({
        messageId: 'nothing',
        data: {
          namespace,
          labels: listed(
            Object.entries(selector).map(([key, value]) => `${key}: ${value}`),
            5,
          ),
        },
        identity: ['labels'],
        object: sidecar,
        path: ['spec', 'workloadSelector', 'labels'],
        certainty: absence(mesh, [...podKinds, 'WorkloadEntry']),
      })
    }
  },
})
