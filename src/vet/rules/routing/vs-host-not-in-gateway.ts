import {fact} from '../../../mesh/fact.ts'
import {admitsHost, isIstioGateway} from '../../../mesh/gateways.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {gatewaysOf} from '../../../mesh/route-owners.ts'
import {hostCovers} from '../../../mesh/hosts.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {records, record, text} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed} from '../../reading/names.ts'
import {virtualServicesOf, writtenHosts} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-host-not-in-gateway',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService', 'Gateway'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0132'],
  formerIds: [],
  messages: {
    host: 'No Gateway of this VirtualService admits {host}: {gateways}.',
    gateway:
      'Gateway {gateways} admits none of the hosts of this VirtualService: being bound to it does nothing.',
  },
  why: 'A Gateway takes requests only for the hosts of its servers. For any other host the VirtualService is not in force there: 404.',
  fix: 'Add the host to a server of the Gateway, or remove it here; mind the namespace before the slash in the hosts of the Gateway.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      const {namespace} = virtualService.id
      const gateways = gatewaysOf(virtualService).map(key => gatewayOf(mesh, key))
      const known = gateways.filter(gateway => gateway !== null)
      // One that is not in the input may admit anything.
      if (known.length === 0 || known.length < gateways.length) continue
      const hosts = writtenHosts(virtualService)
      const admitted = hosts.map(([host]) => known.some(gateway => admits(gateway, host, namespace)))
      const bound = record(virtualService.value['spec'])['gateways']
      const inMesh = Array.isArray(bound) && bound.includes('mesh')
      if (known.length > 1 && admitted.every(Boolean)) {
        const idle = known.filter(gateway => !hosts.some(([host]) => admits(gateway, host, namespace)))
        for (const {id} of idle) {
          report({
            messageId: 'gateway',
            data: {gateways: `${id.namespace}/${id.name}`},
            object: virtualService,
            path: ['spec', 'gateways'],
            severity: 'info',
          })
        }
      }
      hosts.forEach(([host, path], index) => {
        // A host for the mesh beside one for the Gateway is how both are served by one object.
        if (admitted[index] === true || (inMesh && mesh.host(host, namespace) !== null)) return
        if (inMesh && admitted.includes(true)) return
        report({
          messageId: 'host',
          data: {host, gateways: listed(known.map(({id}) => `${id.namespace}/${id.name}`))},
          identity: ['host'],
          object: virtualService,
          path,
          related: known.map(gateway => fact('the Gateway', gateway, ['spec'])),
        })
      })
    }
  },
})

function admits(gateway: KubeObject, host: string, namespace: string): boolean {
  if (isIstioGateway(gateway)) return admitsHost(gateway, host, namespace)
  const listeners = records(record(gateway.value['spec'])['listeners'])
  return listeners.some(listener => {
    const hostname = text(listener['hostname']) ?? '*'
    return hostCovers(hostname, host) || hostCovers(host, hostname)
  })
}

/** Gateways of Istio and, as `istioctl analyze` takes them, of the Gateway API, by `namespace/name`. */
const everyGateway = perMesh(
  (mesh): ReadonlyMap<string, KubeObject> =>
    new Map(mesh.objects('Gateway').map(gateway => [`${gateway.id.namespace}/${gateway.id.name}`, gateway])),
)

function gatewayOf(mesh: Mesh, key: string): KubeObject | null {
  return mesh.gateway(key, '') ?? everyGateway(mesh).get(key) ?? null
}
