import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {sidecarsByNamespace, sidecarSelector} from '../../reading/sidecars.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-duplicate-namespace',
  area: 'sidecar',
  severity: 'error',
  istio: '*',
  inputs: ['Sidecar'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0111', 'KIA0002'],
  formerIds: [],
  messages: {
    duplicate: 'Namespace {namespace} has more than one Sidecar without a workloadSelector: {others} {fate}.',
  },
  why: 'Sidecars are not merged: the oldest of a namespace counts and the others do nothing. Workloads then miss the hosts that another one imports.',
  fix: 'Keep one Sidecar for the namespace, with all hosts.',
  check(mesh, report) {
    for (const [namespace, sidecars] of sidecarsByNamespace(mesh)) {
      const wide = sidecars.filter(sidecar => sidecarSelector(sidecar) === null)
      for (const {object, others, fate, related} of rivals(wide)) {
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
