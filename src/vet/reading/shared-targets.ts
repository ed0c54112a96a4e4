import type {Mesh, Service, ServicePort, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {ignoredNamespaces} from '../../mesh/injection.ts'

/** A port of a pod behind which several ports of Services stand. */
export interface SharedTarget {
  readonly workload: Workload
  readonly target: number
  readonly claims: readonly {readonly service: Service; readonly port: ServicePort}[]
}

/** Per workload in the mesh: the sidecar builds one listener a target port, so one of the claims decides what it is. */
export const sharedTargets = perMesh((mesh): readonly SharedTarget[] =>
  mesh.workloads.flatMap(workload => (ownsListeners(mesh, workload) ? sharedBy(mesh, workload) : [])),
)

function ownsListeners(mesh: Mesh, workload: Workload): boolean {
  const {inMesh, mode} = mesh.injection(workload)
  return inMesh === true && mode === 'sidecar' && !ignoredNamespaces.includes(workload.namespace)
}

function sharedBy(mesh: Mesh, workload: Workload): readonly SharedTarget[] {
  const services = mesh.servicesOf(workload).filter(({kind}) => kind === 'Service')
  if (services.length === 1 && services[0]?.ports.length === 1) return []
  const byTarget = new Map<number, {service: Service; port: ServicePort}[]>()
  for (const service of services) {
    for (const port of service.ports) {
      const target = port.protocol === 'UDP' ? null : mesh.targetPort(port, workload)
      if (target === null) continue
      const claims = byTarget.get(target)
      if (claims === undefined) byTarget.set(target, [{service, port}])
      else claims.push({service, port})
    }
  }
  return [...byTarget].flatMap(([target, claims]) => (claims.length < 2 ? [] : [{workload, target, claims}]))
}
