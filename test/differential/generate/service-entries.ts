import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject} from './objects.ts'
import {targetNumbers} from './ports.ts'
import type {ServicePlan, Topology} from './topology.ts'
import type {Namer} from './tls-policies.ts'

/** An address where nobody of the mesh is. */
const elsewhere = '203.0.113.7'

/** Hosts outside the mesh, hosts of the mesh whose endpoints are its own pods, and a second name for a Service's host. */
export function serviceEntries(random: Random, topology: Topology, name: Namer): readonly JsonObject[] {
  if (!random.chance(0.25)) return []
  const count = random.chance(0.2) ? 2 : 1
  return Array.from({length: count}, () => serviceEntry(random, topology, name))
}

function serviceEntry(random: Random, {services, alpha, beta}: Topology, name: Namer): JsonObject {
  const service = random.pick(services)
  const entry = random.pick([...outsideKinds(random, service), ...insideKinds(random, service)])
  // A workloadSelector selects in the entry's own namespace only.
  const place = 'workloadSelector' in entry ? service.namespace : random.pick([alpha, beta])
  const exportTo = random.chance(0.2) ? {exportTo: [random.pick(['.', '*', alpha])]} : {}
  const addresses = random.chance(0.4) ? {addresses: [`203.0.113.${random.pick([20, 21])}`]} : {}
  return istioObject('ServiceEntry', place, name('se'), {...entry, ...exportTo, ...addresses})
}

function outsideKinds(random: Random, service: ServicePlan): readonly JsonObject[] {
  const {port, speaks} = random.pick(service.ports)
  const protocol = speaks === 'http' ? 'HTTP' : speaks === 'tls' ? 'TLS' : 'TCP'
  const ports = [{number: port, name: `${protocol.toLowerCase()}-${port}`, protocol}]
  const hosts = ['outside.example.com']
  return [
    {hosts, location: 'MESH_EXTERNAL', resolution: 'DNS', ports},
    {
      hosts,
      location: 'MESH_EXTERNAL',
      resolution: 'DNS',
      ports: [{number: 443, name: 'tls', protocol: 'TLS'}],
    },
    {hosts, location: 'MESH_EXTERNAL', resolution: 'NONE', ports},
    {hosts, resolution: 'STATIC', endpoints: [{address: elsewhere}], ports},
    {hosts, location: 'MESH_INTERNAL', resolution: 'STATIC', endpoints: [{address: elsewhere}], ports},
  ]
}

function insideKinds(random: Random, service: ServicePlan): readonly JsonObject[] {
  const plan = random.pick(service.ports)
  const protocol = plan.name.startsWith('http') ? 'HTTP' : 'TCP'
  const ports = [{number: plan.port, name: plan.name, protocol, targetPort: random.pick(targetNumbers(plan))}]
  const selected = {resolution: 'STATIC', ports, workloadSelector: {labels: {app: service.app}}}
  return [
    {hosts: ['inside.example.com'], location: 'MESH_INTERNAL', ...selected},
    {hosts: ['inside.example.com'], location: 'MESH_EXTERNAL', ...selected},
    // Of one host in one registry the Kubernetes Service is the one that counts.
    {
      hosts: [service.host],
      location: 'MESH_EXTERNAL',
      resolution: 'STATIC',
      endpoints: [{address: elsewhere}],
      ports,
    },
  ]
}
