import {injectionKeys} from '../../../mesh/injection.ts'
import {record, textMap} from '../../../objects/json.ts'
import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

const {inject, revision} = injectionKeys

export default defineRule({
  id: 'inject-label-on-wrong-object',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    workload:
      '{label}: {value} on the {kind} itself has no effect: injection reads the labels of pods, and the pod template does not have it.',
    namespace: '{label}: {value} on a Namespace has no effect; there it is {right}.',
  },
  why: 'The injector looks at labels of the pod and of its namespace. A label in another place is silently passed over, and the pods start with, or without, a sidecar against what it says.',
  fix: 'Move the label to spec.template.metadata.labels; on a Namespace use istio-injection or istio.io/rev.',
  check(mesh, report) {
    for (const {object, kind, labels, templatePath, namespace} of mesh.workloads) {
      if (kind === 'Pod' || namespace === mesh.meshConfig.rootNamespace) continue
      const own = textMap(record(object.value['metadata'])['labels'])
      for (const label of [inject, revision]) {
        const value = own[label]
        if (value === undefined || labels[label] !== undefined) continue
        // What Istio's charts install names its revision everywhere, and says on the pods whether they are injected.
        if (label === revision && labels[inject] !== undefined) continue
        const change = setting(
          object,
          [...templatePath, 'metadata', 'labels', label],
          value,
          'labels of pods decide',
        )
        report({
          messageId: 'workload',
          data: {label, value, kind},
          object,
          path: ['metadata', 'labels', label],
          fix: {kind: 'unsafe', description: 'Add it to the pod template.', changes: [change]},
        })
      }
    }
    for (const object of mesh.objects('Namespace')) {
      const value = textMap(record(object.value['metadata'])['labels'])[inject]
      if (value === undefined) continue
      const right =
        value === 'false' || value === 'disabled' ? 'istio-injection: disabled' : 'istio-injection: enabled'
      report({
        messageId: 'namespace',
        data: {label: inject, value, right},
        object,
        path: ['metadata', 'labels', inject],
      })
    }
  },
})
