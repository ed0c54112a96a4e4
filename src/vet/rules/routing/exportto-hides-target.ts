import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Service} from '../../../mesh/mesh.ts'
import {isMeshBound} from '../../../mesh/route-owners.ts'
import {exported} from '../../../mesh/export-to.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {seenFrom} from '../../reading/export-to.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {virtualServicesOf, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'exportto-hides-target',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101'],
  formerIds: [],
  messages: {
    nobody:
      '{service} is exported to {places}, and none of the namespaces in which this VirtualService is in force ({viewers}) is among them.',
    some: '{service} is exported to {places}: for clients of other namespaces, such as {viewers}, this route leads nowhere.',
  },
  why: 'A client has no cluster for a Service that is not exported to its namespace. The route is taken all the same, and ends in 503 NC.',
  fix: 'Add the namespaces of the clients to exportTo of the Service, or narrow that of the VirtualService.',
  check(mesh, report) {
    if (mesh.services.every(({exportTo}) => exportTo.length === 0 || exportTo.includes('*'))) return
    for (const virtualService of virtualServicesOf(mesh)) {
      if (!isMeshBound(virtualService) && !hasNoHosts(virtualService)) continue
      for (const {host, path} of writtenDestinations(virtualService)) {
        const service = mesh.host(host, virtualService.id.namespace)
        const hidden = service === null ? null : hiddenFrom(mesh, virtualService, service)
        if (service === null || hidden === null) continue
        report({
          messageId: hidden.nobody ? 'nobody' : 'some',
          data: {
            service: nameOf(service),
            places: listed(service.exportTo.map(place => (place === '.' ? service.namespace : place))),
            viewers: listed(hidden.from),
          },
          identity: ['service'],
          object: virtualService,
          path: [...path, 'host'],
          ...(hidden.nobody ? {} : {severity: 'warning' as const}),
          related: [fact(`${service.kind} ${nameOf(service)}`, service.object, ['metadata'])],
        })
      }
    }
  },
})

/** A fragment, or one of a cut case: it is judged like one for the mesh. */
function hasNoHosts({value}: KubeObject): boolean {
  const spec = value['spec']
  return typeof spec === 'object' && spec !== null && !('hosts' in spec) && !('gateways' in spec)
}

/** Namespaces in which the route is in force and its destination unknown; the own one stands for all others. */
function hiddenFrom(
  mesh: Mesh,
  virtualService: KubeObject,
  {exportTo, namespace}: Service,
): {readonly from: readonly string[]; readonly nobody: boolean} | null {
  const viewers = seenFrom(mesh, virtualService)
  const own = virtualService.id.namespace
  const asked = viewers.has('*') ? [own] : [...viewers]
  const from = asked.filter(place => !exported(exportTo, namespace, place))
  if (from.length === 0) return null
  const nobody = !viewers.has('*') && from.length === asked.length
  return {from, nobody}
}
