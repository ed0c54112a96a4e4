import {fact} from '../../../mesh/fact.ts'
import {gatewayServers, gatewayWorkloads, isIstioGateway} from '../../../mesh/gateways.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-port-not-on-service',
  area: 'gateways',
  severity: 'warning',
  istio: '*',
  inputs: ['Gateway', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0162'],
  formerIds: [],
  messages: {
    port: 'No Service of the proxies of this Gateway ({workloads}) leads to their port {port}.',
  },
  why: 'The proxies listen on the port of the server, but callers come by a Service: where none has the port, as its own or as its target, nobody reaches it.',
  fix: 'Add the port to the Service of the gateway, or use one in the Gateway that it has.',
  check(mesh, report) {
    const certainty = absence(mesh, ['Service'])
    for (const gateway of mesh.objects('Gateway').filter(isIstioGateway)) {
      // Pods on the network of the node are reached without a Service.
      const workloads = gatewayWorkloads(mesh, gateway)
      if (workloads.length === 0 || workloads.some(({hostNetwork}) => hostNetwork)) continue
      const open = new Set(workloads.flatMap(workload => openPorts(mesh, workload)))
      for (const {port, path} of gatewayServers(gateway)) {
        if (port.number === null || open.has(port.number)) continue
        report({
          messageId: 'port',
          data: {port: port.number, workloads: listed(workloads.map(nameOf))},
          identity: ['port'],
          object: gateway,
          path: [...path, 'port', 'number'],
          certainty,
          related: workloads
            .flatMap(workload => mesh.servicesOf(workload))
            .slice(0, 5)
            .map(({object, name, namespace}) =>
              fact(`Service ${namespace}/${name}`, object, ['spec', 'ports']),
            ),
        })
      }
    }
  },
})

/** Ports by which a Gateway can name what a Service leads to: istiod takes the Service's own and its target. */
function openPorts(mesh: Mesh, workload: Workload): readonly number[] {
  return mesh
    .servicesOf(workload)
    .flatMap(({ports}) => ports)
    .flatMap(port => {
      const target = mesh.targetPort(port, workload)
      return target === null ? [port.port] : [port.port, target]
    })
}
