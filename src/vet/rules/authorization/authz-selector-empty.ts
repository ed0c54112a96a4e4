import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import {attached, workloadsOf} from '../../reading/authorizations.ts'
import {listed} from '../../reading/names.ts'
import {absence, podKinds} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-selector-empty',
  area: 'authorization',
  severity: 'warning',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'RequestAuthentication', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0127', 'KIA0004'],
  formerIds: [],
  messages: {
    nothing: 'No workload{where} has the labels {labels}, so this policy protects nothing.',
    empty: 'Namespace {namespace} has no workload, so this policy protects nothing.',
  },
  why: 'A policy that selects nobody is in force nowhere, and what it was to protect is open.',
  fix: 'Correct the labels to those of the pod template, or the namespace.',
  check(mesh, report) {
    const certainty = absence(mesh, podKinds)
    for (const kind of ['AuthorizationPolicy', 'RequestAuthentication']) {
      for (const object of mesh.objects(kind)) {
        if (!object.id.apiVersion.startsWith('security.istio.io/') || attached(object)) continue
        const selector = policySelector(record(object.value['spec'])['selector'])
        const {namespace} = object.id
        const everywhere = namespace === mesh.meshConfig.rootNamespace
        if (workloadsOf(mesh, object, selector).length > 0) continue
        if (selector === null) {
          // A default for the workloads to come is how a namespace is begun; only what is known to be empty counts.
          if (!everywhere && certainty === 'certain')
            report({messageId: 'empty', data: {namespace}, object, path: ['metadata', 'namespace']})
          continue
        }
        const labels = Object.entries(selector).map(([key, value]) => `${key}: ${value}`)
        report({
          messageId: 'nothing',
          data: {where: everywhere ? '' : ` of namespace ${namespace}`, labels: listed(labels, 5)},
          identity: ['labels'],
          object,
          path: ['spec', 'selector', 'matchLabels'],
          certainty,
        })
      }
    }
  },
})
