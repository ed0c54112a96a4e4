import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'pa-duplicate-namespace',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: ['PeerAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0002'],
  formerIds: [],
  messages: {
    duplicate:
      'Namespace {namespace} has more than one PeerAuthentication without a selector: {others} {fate}.',
  },
  why: 'Istio does not merge policies of one level: the oldest wins and the others do nothing. Which one is in force depends on the order in which they were once created.',
  fix: 'Keep one policy for the namespace and delete the others.',
  check(mesh, report) {
    for (const [namespace, policies] of wideByNamespace(mesh.objects('PeerAuthentication'))) {
      for (const {object, others, fate, related} of rivals(policies)) {
        report({
          messageId: 'duplicate',
          data: {namespace, others: listed(others.map(one => nameOf(one.id))), fate},
          identity: [],
          object,
          path: ['metadata', 'name'],
          related,
        })
      }
    }
  },
})

function wideByNamespace(policies: readonly KubeObject[]): ReadonlyMap<string, readonly KubeObject[]> {
  const groups = new Map<string, KubeObject[]>()
  for (const policy of policies) {
    if (policySelector(record(policy.value['spec'])['selector']) !== null) continue
    const group = groups.get(policy.id.namespace)
    if (group === undefined) groups.set(policy.id.namespace, [policy])
    else group.push(policy)
  }
  return groups
}
