import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {gatewaysOf, isMeshBound, virtualServiceHosts} from '../../../mesh/route-owners.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {matches} from '../../../mesh/selectors.ts'
import {anyoneIn} from '../../reading/clients.ts'
import {nameOf} from '../../reading/names.ts'
import {virtualServicesOf, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-gateway-route-skips-subsets',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService', 'DestinationRule', 'Service', 'Deployment'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0140'],
  formerIds: [],
  messages: {
    skips:
      'Requests by this Gateway go to all of {host}: how {other} splits it into subsets is for clients in the mesh only.',
  },
  why: 'A gateway applies the routes of the VirtualService that is bound to it, and no further one for the host that it sends to. A canary or a pinned version that holds in the mesh does not for users.',
  fix: 'Name the subsets here too, or bind the other VirtualService to the Gateway.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      if (gatewaysOf(virtualService).length === 0) continue
      const own = new Set(virtualServiceHosts(virtualService))
      for (const {host, subset, mirror, path} of writtenDestinations(virtualService)) {
        if (subset !== null || mirror) continue
        const name = mesh.qualify(host, virtualService.id.namespace).toLowerCase()
        const other = splits(mesh).get(name)
        // One that serves the host itself tells gateway and mesh apart on purpose: the way out by an egress gateway.
        if (other === undefined || other === virtualService || own.has(name)) continue
        if (makesNoDifference(mesh, other, name)) continue
        report({
          messageId: 'skips',
          data: {host, other: nameOf(other.id)},
          identity: ['host'],
          object: virtualService,
          path: [...path, 'host'],
          related: [fact(`VirtualService ${nameOf(other.id)}`, other, ['spec', 'http'])],
        })
      }
    }
  },
})

/** VirtualServices of the mesh that split a host of theirs into subsets, by that host. */
const splits = perMesh((mesh: Mesh): ReadonlyMap<string, KubeObject> => {
  const found = new Map<string, KubeObject>()
  for (const virtualService of mesh.objects('VirtualService').filter(isMeshBound)) {
    const hosts = new Set(virtualServiceHosts(virtualService))
    for (const {host, subset} of writtenDestinations(virtualService)) {
      const name = mesh.qualify(host, virtualService.id.namespace).toLowerCase()
      if (subset !== null && hosts.has(name) && !found.has(name)) found.set(name, virtualService)
    }
  }
  return found
})

/** Whether every endpoint of a host is in each of the subsets that a VirtualService sends to: pinned is all there is. */
function makesNoDifference(mesh: Mesh, virtualService: KubeObject, name: string): boolean {
  const service = mesh.host(name, virtualService.id.namespace)
  const endpoints = service === null ? [] : mesh.endpoints(service)
  if (service === null || endpoints.length === 0) return false
  const client = anyoneIn(mesh, virtualService.id.namespace, virtualService)
  const subsets = mesh.destinationRule(client, service)?.subsets ?? []
  return writtenDestinations(virtualService).every(({host, subset}) => {
    if (subset === null || mesh.qualify(host, virtualService.id.namespace).toLowerCase() !== name) return true
    const labels = subsets.find(one => one.name === subset)?.labels
    return labels !== undefined && endpoints.every(endpoint => matches(labels, endpoint.labels))
  })
}
