import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {workloadTelemetries} from '../../reading/telemetries.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'telemetry-duplicate-namespace',
  area: 'telemetry',
  severity: 'error',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0160'],
  formerIds: [],
  messages: {
    duplicate: 'Namespace {namespace} has more than one Telemetry without a selector: {others} {fate}.',
  },
  why: 'Istio reads one Telemetry without a selector a namespace: the oldest. The others are taken and do nothing, also where they set something else than it does.',
  fix: 'Merge them into one Telemetry for the namespace.',
  check(mesh, report) {
    const groups = new Map<string, KubeObject[]>()
    for (const {object, selector} of workloadTelemetries(mesh)) {
      if (selector !== null) continue
      const group = groups.get(object.id.namespace)
      if (group === undefined) groups.set(object.id.namespace, [object])
      else group.push(object)
    }
    for (const [namespace, telemetries] of groups) {
      for (const {object, others, fate, related} of rivals(telemetries)) {
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
