import {record, records, text} from '../objects/json.ts'
import {oldestFirst} from './age.ts'
import type {Mesh, Protocol, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {protocolOf} from './protocols.ts'

const known = perMesh(() => new Map<Workload, Map<number, Protocol>>())

/**
 * What a workload's own proxy takes one of its ports for, whichever Service it was called by: what a Sidecar's ingress
 * says of it, else the oldest Service that has the port, and of that the first port. A port that nobody declares is
 * sniffed (istio pilot/pkg/networking/core/listener_inbound.go buildInboundChainConfigs, model/context.go
 * SetServiceTargets).
 */
export function inboundProtocol(mesh: Mesh, workload: Workload, port: number): Protocol {
  const ofWorkload = known(mesh).get(workload) ?? new Map<number, Protocol>()
  known(mesh).set(workload, ofWorkload)
  const protocol = ofWorkload.get(port) ?? byIngress(mesh, workload, port) ?? byService(mesh, workload, port)
  ofWorkload.set(port, protocol)
  return protocol
}

function byIngress(mesh: Mesh, workload: Workload, port: number): Protocol | null {
  const ingress = records(record(mesh.sidecarScope(workload).sidecar?.value['spec'])['ingress'])
  if (ingress.length === 0) return null
  const listener = ingress.map(one => record(one['port'])).find(one => one['number'] === port)
  const written = text(listener?.['protocol'])?.toLowerCase() ?? null
  return listener === undefined ? 'Auto' : protocolOf(port, null, 'TCP', written).protocol
}

function byService(mesh: Mesh, workload: Workload, port: number): Protocol {
  const services = mesh.servicesOf(workload)
  const order = oldestFirst(services.map(service => service.object))
  for (const object of order) {
    for (const service of services.filter(one => one.object === object)) {
      const found = service.ports.find(one => mesh.targetPort(one, workload) === port)
      if (found !== undefined) return found.protocol
    }
  }
  return 'Auto'
}
