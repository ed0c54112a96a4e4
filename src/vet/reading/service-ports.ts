import type {Mesh, Service} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'

/** Ports by host: several ServiceEntries may add to one. */
const portsByHost = perMesh((mesh): ReadonlyMap<string, ReadonlySet<number>> => {
  const found = new Map<string, Set<number>>()
  for (const {host, ports} of mesh.services) {
    const known = found.get(host) ?? new Set<number>()
    found.set(host, known)
    for (const {port} of ports) known.add(port)
  }
  return found
})

/** All port numbers under the host of a service, whichever object of that host they come from. */
export function portsOfHost(mesh: Mesh, {host}: Service): ReadonlySet<number> {
  return portsByHost(mesh).get(host) ?? new Set()
}
