import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'pa-selector-in-root-namespace',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: ['PeerAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    ignored:
      'Istio ignores this PeerAuthentication: it has a selector, and {namespace} is the root namespace of the mesh.',
  },
  why: 'In the root namespace only policies without a selector count, for the whole mesh; one with a selector is dropped, even for pods of the root namespace itself (istio ComposePeerAuthentication). What it was to protect stays open.',
  fix: "Move the policy to the workload's own namespace, or drop the selector to make it mesh-wide.",
  check(mesh, report) {
    const namespace = mesh.meshConfig.rootNamespace
    for (const policy of mesh.objects('PeerAuthentication')) {
      if (
        policy.id.namespace !== namespace ||
        policySelector(record(policy.value['spec'])['selector']) === null
      )
        continue
      report({messageId: 'ignored', data: {namespace}, object: policy, path: ['spec', 'selector']})
    }
  },
})
