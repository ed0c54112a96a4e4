import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject, rootNamespace} from './objects.ts'
import type {Namer} from './tls-policies.ts'
import type {Topology} from './topology.ts'

/** What clients see of the mesh, and which listeners servers have. */
export function sidecars(random: Random, topology: Topology, name: Namer): readonly JsonObject[] {
  const clients = [...topology.namespaces, rootNamespace].flatMap(namespace => {
    if (!random.chance(0.12)) return []
    const count = random.chance(0.1) ? 2 : 1
    return Array.from({length: count}, () =>
      istioObject('Sidecar', namespace, name('sidecar'), egressOnly(random, topology, namespace)),
    )
  })
  return [...clients, ...ingressOnly(random, topology, name)]
}

function egressOnly(random: Random, topology: Topology, namespace: string): JsonObject {
  const selector =
    namespace !== rootNamespace && random.chance(0.4) ? {workloadSelector: {labels: {app: 'caller'}}} : {}
  const outbound = random.chance(0.4)
    ? {outboundTrafficPolicy: random.pick<JsonObject>([{mode: 'ALLOW_ANY'}, {mode: 'REGISTRY_ONLY'}, {}])}
    : {}
  const egress = random.chance(0.94)
    ? {egress: [...portListeners(random, topology), {hosts: egressHosts(random, topology)}]}
    : {}
  return {...selector, ...outbound, ...egress}
}

function egressHosts(random: Random, {services}: Topology): readonly string[] {
  const own = random.chance(0.7) ? ['./*'] : []
  const named = random.some(services, 0.5).map(service => {
    const place = random.pick([service.namespace, service.namespace, '*', `~${service.namespace}`])
    return `${place}/${random.chance(0.8) ? service.host : `*.${service.namespace}.svc.cluster.local`}`
  })
  const others = random.chance(0.15) ? ['*/*'] : []
  return ['istio-system/*', ...own, ...others, ...named]
}

/** A listener for one port, which takes precedence for it over the one for all. */
function portListeners(random: Random, topology: Topology): readonly JsonObject[] {
  if (!random.chance(0.2)) return []
  const {port, speaks, name} = random.pick(random.pick(topology.services).ports)
  // A listener of another protocol than the port's hides it; that is nothing but a mistake.
  const protocol = speaks === 'http' && !name.startsWith('tcp') ? 'HTTP' : 'TCP'
  return [{port: {number: port, protocol, name: `listener-${port}`}, hosts: egressHosts(random, topology)}]
}

/** Servers that say themselves where they listen: all other ports are passed on as undeclared ones. */
function ingressOnly(random: Random, {services}: Topology, name: Namer): readonly JsonObject[] {
  return services
    .filter(service => service.versions.length > 0 && random.chance(0.02))
    .map(service => {
      const protocol = random.pick(['HTTP', 'TCP'])
      const ingress = [{port: {number: 8080, protocol, name: 'in'}, defaultEndpoint: '127.0.0.1:8080'}]
      return istioObject('Sidecar', service.namespace, name('ingress'), {
        workloadSelector: {labels: {app: service.app}},
        ingress,
      })
    })
}
