import {isRecord, record, text} from '../../../objects/json.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'warmup-unsupported-lb',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    ignored: 'The warmup is ignored: load balancing by {balancer} has none.',
  },
  why: 'Only ROUND_ROBIN and LEAST_REQUEST start new endpoints slowly (istio cluster_traffic_policy.go applyLoadBalancer); with any other a new pod gets its full share at once.',
  fix: 'Use ROUND_ROBIN or LEAST_REQUEST, or remove the warmup.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const {value, path} of policyBlocks(rule)) {
        const balancing = record(value['loadBalancer'])
        const field = ['warmup', 'warmupDurationSecs'].find(name => Object.hasOwn(balancing, name))
        const simple = text(balancing['simple']) ?? ''
        const balancer = isRecord(balancing['consistentHash']) ? 'consistentHash' : simple
        if (field === undefined || !['consistentHash', 'RANDOM', 'PASSTHROUGH'].includes(balancer)) continue
        report({messageId: 'ignored', data: {balancer}, object: rule, path: [...path, 'loadBalancer', field]})
      }
    }
  },
})
