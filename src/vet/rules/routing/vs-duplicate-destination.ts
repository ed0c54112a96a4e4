import {fact} from '../../../mesh/fact.ts'
import {entries, number, record, text} from '../../../objects/json.ts'
import type {JsonObject} from '../../../objects/object.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-duplicate-destination',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1105'],
  formerIds: [],
  messages: {
    again: 'This route sends to {destination} twice: the two weights add up.',
  },
  why: 'Two entries for one destination look like a split and are none. Mostly the subset of one of them is wrong, and a version gets no requests.',
  fix: 'Correct the host or the subset of one of them, or make one entry of both.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const protocol of ['http', 'tls', 'tcp'] as const) {
        for (const [index, route] of entries(record(virtualService.value['spec'])[protocol])) {
          const seen = new Map<string, number>()
          for (const [position, entry] of entries(route['route'])) {
            const {host, subset, port} = destinationOf(entry)
            if (host === '') continue
            const name = mesh.qualify(host, virtualService.id.namespace)
            const key = JSON.stringify([name, subset, port])
            const first = seen.get(key)
            if (first === undefined) {
              seen.set(key, position)
              continue
            }
            report({
              messageId: 'again',
              data: {destination: subset === '' ? host : `subset ${subset} of ${host}`},
              object: virtualService,
              path: ['spec', protocol, index, 'route', position, 'destination'],
              related: [fact('the first one', virtualService, ['spec', protocol, index, 'route', first])],
            })
          }
        }
      }
    }
  },
})

function destinationOf(entry: JsonObject): {
  readonly host: string
  readonly subset: string
  readonly port: number
} {
  const {host, subset, port} = record(entry['destination'])
  return {host: text(host) ?? '', subset: text(subset) ?? '', port: number(record(port)['number']) ?? 0}
}
