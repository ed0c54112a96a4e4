import {nameOf} from '../../reading/names.ts'
import {absence, podKinds} from '../../reading/references.ts'
import {workloadTelemetries} from '../../reading/telemetries.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-selector-empty',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Telemetry', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101'],
  formerIds: [],
  messages: {
    root: 'No workload of namespace {namespace} has the labels {labels}; with a selector a Telemetry counts in its own namespace only, in that of the mesh too.',
    nothing:
      'No workload of namespace {namespace} has the labels {labels}: this Telemetry applies to nothing.',
  },
  why: 'A Telemetry whose selector matches no pod is taken and does nothing. In the root namespace it does not reach other namespaces either.',
  fix: 'Make the selector match labels of a pod template of the same namespace.',
  check(mesh, report) {
    for (const {object, selector} of workloadTelemetries(mesh)) {
      const {namespace} = object.id
      if (selector === null || mesh.selected(selector, namespace).length > 0) continue
      const labels = Object.entries(selector).map(([key, value]) => `${key}: ${value}`)
      const elsewhere = namespace === mesh.meshConfig.rootNamespace && mesh.selected(selector, '*').length > 0
      report({
        messageId: elsewhere ? 'root' : 'nothing',
        data: {namespace, labels: labels.join(', ')},
        identity: [],
        object,
        path: ['spec', 'selector'],
        certainty: absence(mesh, podKinds),
        evidence: mesh
          .selected(selector, '*')
          .slice(0, 1)
          .map(one => ({
            text: `${one.kind} ${nameOf(one)} has these labels, in another namespace`,
            object: one.object,
            path: [...one.templatePath, 'metadata', 'labels'],
          })),
      })
    }
  },
})
