import {fact} from '../../../mesh/fact.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'se-shadows-service',
  area: 'service-entry',
  severity: 'warning',
  istio: '*',
  inputs: ['ServiceEntry', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    shadows: '{host} is the name of Service {service}; this entry is a second server of the same name.',
  },
  why: "A host of the registry has one owner. Which of the two a proxy gets depends on its namespace and on their order, so requests may go to the entry's addresses instead of the pods, past their policies.",
  fix: 'Give the entry a host of its own, or remove it.',
  check(mesh, report) {
    const services = new Map(
      mesh.services.flatMap(service =>
        service.kind === 'Service' ? [[service.host, service] as const] : [],
      ),
    )
    for (const entry of mesh.services) {
      const service = entry.kind === 'ServiceEntry' ? services.get(entry.host) : undefined
      if (service === undefined) continue
      report({
        messageId: 'shadows',
        data: {host: entry.host, service: nameOf(service)},
        object: entry.object,
        path: ['spec', 'hosts'],
        related: [fact(`Service ${nameOf(service)}`, service.object, ['metadata', 'name'])],
      })
    }
  },
})
