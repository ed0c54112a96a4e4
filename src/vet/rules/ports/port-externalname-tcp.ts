import {portName, writtenServices} from '../../reading/ports.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'port-externalname-tcp',
  area: 'ports',
  severity: 'warning',
  istio: '*',
  inputs: ['Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0150'],
  formerIds: [],
  messages: {
    tcp: 'Port {port} of this ExternalName Service is plain TCP: its listener takes every connection to port {number} that no other one claims, whatever the host.',
    undeclared: 'Port {port} of this ExternalName Service does not declare its protocol.',
  },
  why: 'An ExternalName Service has no address of its own, so a TCP port can only be told apart by its number: the listener catches traffic of others and sends it to the external host.',
  fix: 'Declare a protocol that carries the host: http, https or tls.',
  check(mesh, report) {
    for (const service of writtenServices(mesh)) {
      if (service.type !== 'ExternalName') continue
      for (const port of service.ports) {
        const undeclared = port.protocol === 'Auto'
        if (!undeclared && port.name !== 'tcp') continue
        report({
          messageId: undeclared ? 'undeclared' : 'tcp',
          data: {port: portName(port), number: port.port},
          object: service.object,
          path: port.name === null ? port.path : [...port.path, 'name'],
        })
      }
    }
  },
})
