import {fact} from '../../../mesh/fact.ts'
import {appProtocolOf, namedProtocol, treatment, writtenServices} from '../../reading/ports.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'port-name-vs-appprotocol',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    disagree: 'The name {name} says {named} and appProtocol says {declared}: appProtocol counts.',
  },
  why: 'A reader takes the name for the truth, the mesh takes appProtocol: one of them is wrong, and where it is appProtocol the port is spoken to in the wrong protocol.',
  fix: 'Make the name of the port and its appProtocol say the same.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      for (const port of service.ports) {
        const declared = appProtocolOf(service, port)
        const named = namedProtocol(port)
        if (declared === undefined || named === null || port.declaredBy !== 'appProtocol') continue
        if (treatment(named) === treatment(port.protocol)) continue
        report({
          messageId: 'disagree',
          data: {name: port.name ?? '', named, declared},
          object: service.object,
          path: [...port.path, 'appProtocol'],
          evidence: [fact(`the port is named ${port.name ?? ''}`, service.object, [...port.path, 'name'])],
        })
      }
    }
  },
})
