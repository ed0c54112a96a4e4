import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {policySelector} from '../../../mesh/selectors.ts'
import {fact} from '../../../mesh/fact.ts'
import {record} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'pa-duplicate-workload',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: ['PeerAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0003'],
  formerIds: [],
  messages: {
    duplicate: '{workload} is selected by more than one PeerAuthentication: {others} {fate}.',
  },
  why: 'Policies with a selector are not merged and the more particular selector does not win: the oldest counts, with its portLevelMtls, and the others do nothing.',
  fix: 'Merge the policies into one, or make their selectors exclude each other.',
  check(mesh, report) {
    const told = new Set<KubeObject>()
    for (const [workload, policies] of selectingPolicies(mesh)) {
      for (const {object, others, fate, related} of rivals(policies)) {
        if (told.has(object)) continue
        told.add(object)
        report({
          messageId: 'duplicate',
          data: {
            workload: `${workload.kind} ${nameOf(workload)}`,
            others: listed(others.map(one => nameOf(one.id))),
            fate,
          },
          identity: [],
          object,
          path: ['spec', 'selector'],
          evidence: [
            fact(`${workload.kind} ${nameOf(workload)} has labels that both select`, workload.object, [
              ...workload.templatePath,
              'metadata',
              'labels',
            ]),
          ],
          related,
        })
      }
    }
  },
})

/** Policies that count for a workload, by workload; those of the root namespace do not. */
function selectingPolicies(mesh: Mesh): ReadonlyMap<Workload, readonly KubeObject[]> {
  const groups = new Map<Workload, KubeObject[]>()
  for (const policy of mesh.objects('PeerAuthentication')) {
    const selector = policySelector(record(policy.value['spec'])['selector'])
    if (selector === null || policy.id.namespace === mesh.meshConfig.rootNamespace) continue
    for (const workload of mesh.selected(selector, policy.id.namespace)) {
      const group = groups.get(workload)
      if (group === undefined) groups.set(workload, [policy])
      else group.push(policy)
    }
  }
  return groups
}
