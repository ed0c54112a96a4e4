import {entries, number, record} from '../../../objects/json.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-weights-not-100',
  area: 'routing',
  severity: 'info',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    sum: 'The weights of this route make {total}, so that they are no percentages: the first destination gets {share} %.',
  },
  why: 'Weights are shares of their sum, whatever that is. Where people read them as percentages and they do not make 100, the split is not the one that is meant.',
  fix: 'Write weights that make 100.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const protocol of ['http', 'tls', 'tcp'] as const) {
        for (const [index, route] of entries(record(virtualService.value['spec'])[protocol])) {
          const weights = entries(route['route']).map(([, entry]) => number(entry['weight']) ?? 0)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          if (weights.length < 2 || total <= 0 || total === 100) continue
          report({
            messageId: 'sum',
            data: {total, share: Math.round(((weights[0] ?? 0) / total) * 1000) / 10},
            identity: ['total'],
            object: virtualService,
            path: ['spec', protocol, index, 'route'],
          })
        }
      }
    }
  },
})
