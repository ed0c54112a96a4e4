import {setting} from '../../edits.ts'
import {appProtocolOf, portName, writtenServices} from '../../reading/ports.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'port-name-protocol',
  area: 'ports',
  severity: 'info',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0118', 'KIA0601', 'missing-service-port-prefix'],
  formerIds: [],
  messages: {
    undeclared: 'Port {port} does not declare its protocol, so proxies guess it from the first bytes.',
  },
  why: 'A guess costs the first bytes of each connection, fails for protocols in which the server speaks first, and gives no HTTP routes where it comes out as TCP.',
  fix: 'Set appProtocol (http, http2, grpc, tcp, …), or let the name of the port start with the protocol.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      if (service.type === 'ExternalName') continue
      for (const port of service.ports) {
        if (port.protocol !== 'Auto' || appProtocolOf(service, port) !== undefined) continue
        const path = [...port.path, 'appProtocol']
        report({
          messageId: 'undeclared',
          data: {port: portName(port)},
          object: service.object,
          path: port.name === null ? port.path : [...port.path, 'name'],
          fix: {
            kind: 'hint',
            description: 'Declare it with appProtocol: http if that is what it speaks.',
            changes: [setting(service.object, path, 'http', 'the protocol is declared')],
          },
        })
      }
    }
  },
})
