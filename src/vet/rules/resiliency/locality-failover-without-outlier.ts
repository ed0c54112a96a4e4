import {fact} from '../../../mesh/fact.ts'
import {isRecord, list, record} from '../../../objects/json.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'locality-failover-without-outlier',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133'],
  formerIds: [],
  messages: {
    dead: 'This failover never happens: without outlierDetection beside it no endpoint counts as failed.',
  },
  why: 'Proxies move to another locality when endpoints of their own are unhealthy, and they know of that by outlier detection only.',
  fix: 'Add outlierDetection to the same trafficPolicy.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const {value, path} of policyBlocks(rule)) {
        const locality = record(record(value['loadBalancer'])['localityLbSetting'])
        const field = ['failover', 'failoverPriority'].find(name => list(locality[name]).length > 0)
        if (field === undefined || locality['enabled'] === false || isRecord(value['outlierDetection']))
          continue
        report({
          messageId: 'dead',
          object: rule,
          path: [...path, 'loadBalancer', 'localityLbSetting', field],
          evidence: [fact('no outlierDetection here', rule, path)],
        })
      }
    }
  },
})
