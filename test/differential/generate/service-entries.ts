import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject} from './objects.ts'
import type {Topology} from './topology.ts'
import type {Namer} from './tls-policies.ts'

/** Hosts outside the mesh, and hosts of the mesh whose endpoints are its own pods, chosen by label. */
export function serviceEntries(
  random: Random,
  {services, alpha, beta}: Topology,
  name: Namer,
): readonly JsonObject[] {
  if (!random.chance(0.2)) return []
  const service = random.pick(services)
  const port = random.pick(service.ports)
  const protocol = port.name === 'http' ? 'HTTP' : 'TCP'
  const ports = [{number: port.port, name: port.name, protocol, targetPort: port.targetPort}]
  const kinds: readonly JsonObject[] = [
    {
      hosts: ['outside.example.com'],
      location: 'MESH_EXTERNAL',
      resolution: 'DNS',
      ports: [{number: port.port, name: port.name, protocol}],
    },
    {
      hosts: ['outside.example.com'],
      resolution: 'STATIC',
      endpoints: [{address: '203.0.113.7'}],
      ports: [{number: port.port, name: port.name, protocol}],
    },
    {
      hosts: ['inside.example.com'],
      location: 'MESH_INTERNAL',
      resolution: 'STATIC',
      ports,
      workloadSelector: {labels: {app: service.name}},
    },
    {
      hosts: ['inside.example.com'],
      location: 'MESH_EXTERNAL',
      resolution: 'STATIC',
      ports,
      workloadSelector: {labels: {app: service.name}},
    },
  ]
  const entry = random.pick(kinds)
  // A workloadSelector selects in the entry's own namespace only.
  const place = 'workloadSelector' in entry ? service.namespace : random.pick([alpha, beta])
  const exportTo = random.chance(0.2) ? {exportTo: [random.pick(['.', '*'])]} : {}
  return [istioObject('ServiceEntry', place, name('se'), {...entry, ...exportTo})]
}
