import {fact} from '../../../mesh/fact.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portsOfHost} from '../../reading/service-ports.ts'
import {virtualServicesOf, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-destination-port-unknown',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101'],
  formerIds: [],
  messages: {
    port: '{service} has no port {port} that this route sends to, only {ports}.',
  },
  why: 'There is a cluster for each port of a Service, and none for others: every request on this route ends in 503 NC. The number is that of the Service, not of the container.',
  fix: 'Write a port of the Service.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {host, port, path} of writtenDestinations(virtualService)) {
        if (port === null) continue
        const service = mesh.host(host, virtualService.id.namespace)
        if (service === null) continue
        const ports = portsOfHost(mesh, service)
        if (ports.size === 0 || ports.has(port)) continue
        report({
          messageId: 'port',
          data: {service: nameOf(service), port, ports: listed([...ports].map(String), 5)},
          identity: ['service', 'port'],
          object: virtualService,
          path: [...path, 'port', 'number'],
          related: [fact(`${service.kind} ${nameOf(service)}`, service.object, ['spec', 'ports'])],
        })
      }
    }
  },
})
