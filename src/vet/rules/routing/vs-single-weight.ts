import {entries, number, record} from '../../../objects/json.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-single-weight',
  area: 'routing',
  severity: 'info',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1104'],
  formerIds: [],
  messages: {
    alone: 'The only destination of this route takes everything, whatever its weight of {weight} says.',
  },
  why: 'Weights are shares of what the destinations of one route sum up to. A single one gets all of it; where the rest was to go elsewhere, that destination is missing.',
  fix: 'Add the other destination, or remove the weight.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const protocol of ['http', 'tls', 'tcp'] as const) {
        for (const [index, route] of entries(record(virtualService.value['spec'])[protocol])) {
          const [only, ...more] = entries(route['route'])
          const weight = number(only?.[1]['weight']) ?? 0
          if (more.length > 0 || weight <= 0 || weight >= 100) continue
          report({
            messageId: 'alone',
            data: {weight},
            object: virtualService,
            path: ['spec', protocol, index, 'route', 0, 'weight'],
          })
        }
      }
    }
  },
})
