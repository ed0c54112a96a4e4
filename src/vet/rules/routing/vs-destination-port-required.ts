import {fact} from '../../../mesh/fact.ts'
import {gatewayServers, isIstioGateway} from '../../../mesh/gateways.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {gatewaysOf, isMeshBound} from '../../../mesh/route-owners.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {portsOfHost} from '../../reading/service-ports.ts'
import {virtualServicesOf, writtenDestinations, writtenHosts} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-destination-port-required',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Service', 'ServiceEntry', 'Gateway'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0112'],
  formerIds: [],
  messages: {
    leadsNowhere:
      '{service} has several ports ({ports}) and this route names none: Istio takes the one of the listener, {missing}, which the Service lacks.',
    listener:
      '{service} has several ports ({ports}) and this route names none: Istio takes the one on which the request came in.',
  },
  why: 'A destination without a port means the only port of the Service. Where there are several it is the number of the listener, which for a gateway is its own port and seldom one of the Service: 503 NC.',
  fix: 'Write port.number into the destination.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {host, port, path} of writtenDestinations(virtualService)) {
        const service = port === null ? mesh.host(host, virtualService.id.namespace) : null
        if (service === null) continue
        const ports = portsOfHost(mesh, service)
        if (ports.size < 2) continue
        const listeners = listenersOf(mesh, virtualService)
        const missing = listeners.filter(listener => !ports.has(listener))
        const dead = missing.length > 0
        report({
          messageId: dead ? 'leadsNowhere' : 'listener',
          data: {
            service: nameOf(service),
            ports: listed([...ports].map(String), 5),
            missing: listed(missing.map(String)),
          },
          identity: ['service'],
          object: virtualService,
          path: [...path, 'host'],
          ...(dead
            ? missing.length < listeners.length
              ? {severity: 'warning' as const}
              : {}
            : {severity: 'info' as const}),
          related: [fact(`${service.kind} ${nameOf(service)}`, service.object, ['spec', 'ports'])],
        })
      }
    }
  },
})

/** Ports on which requests for a VirtualService come in, as far as its Gateways and hosts are in the input. */
function listenersOf(mesh: Mesh, virtualService: KubeObject): readonly number[] {
  const gateways = gatewaysOf(virtualService)
    .map(key => mesh.gateway(key, ''))
    .filter(gateway => gateway !== null)
  const opened = gateways
    .filter(isIstioGateway)
    .flatMap(gateway => gatewayServers(gateway).flatMap(({port}) => port.number ?? []))
  const called = isMeshBound(virtualService)
    ? writtenHosts(virtualService).flatMap(([host]) => {
        const service = mesh.host(host, virtualService.id.namespace)
        return service === null ? [] : [...portsOfHost(mesh, service)]
      })
    : []
  return [...new Set([...opened, ...called])]
}
