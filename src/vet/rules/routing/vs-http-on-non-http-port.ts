import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Service} from '../../../mesh/mesh.ts'
import {isMeshBound} from '../../../mesh/route-owners.ts'
import {list, record} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portName, treatment} from '../../reading/ports.ts'
import {writtenHosts} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-http-on-non-http-port',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    http: 'No port of {services} is HTTP ({ports}), so these http routes are never looked at.',
    tls: 'No port of {services} is TLS ({ports}), so these tls routes are never looked at.',
  },
  why: 'Which routes a proxy builds for a port follows from its declared protocol. Timeouts, retries and splits by HTTP do not exist on a port of bytes.',
  fix: 'Declare the protocol of the port by its name or appProtocol, or write the routes for the protocol that it has.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService').filter(isMeshBound)) {
      const spec = record(virtualService.value['spec'])
      const services = servicesOf(mesh, virtualService)
      const ports = services.flatMap(service => service.ports)
      if (ports.length === 0) continue
      for (const protocol of ['http', 'tls'] as const) {
        if (
          list(spec[protocol]).length === 0 ||
          ports.some(port => takes(protocol, treatment(port.protocol)))
        )
          continue
        report({
          messageId: protocol,
          data: {
            services: listed(services.map(nameOf)),
            ports: listed(ports.map(port => `${portName(port)} is ${port.protocol}`)),
          },
          identity: [],
          object: virtualService,
          path: ['spec', protocol],
          related: services
            .slice(0, 5)
            .map(service => fact(nameOf(service), service.object, ['spec', 'ports'])),
        })
      }
    }
  },
})

/** The services of the hosts; none where one of them is not in the input, and may be anything. */
function servicesOf(mesh: Mesh, virtualService: KubeObject): readonly Service[] {
  const found = writtenHosts(virtualService).map(([host]) => mesh.host(host, virtualService.id.namespace))
  const known = found.filter(service => service !== null)
  return known.length < found.length ? [] : known
}

function takes(protocol: 'http' | 'tls', treated: ReturnType<typeof treatment>): boolean {
  if (treated === 'sniffed') return true
  return protocol === 'http'
    ? treated === 'http' || treated === 'http2'
    : treated === 'tls' || treated === 'tcp'
}
