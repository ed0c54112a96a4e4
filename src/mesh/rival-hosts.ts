import {list, record} from '../objects/json.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Mesh, Service, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'

/** Services of which another one has the host too. */
const rivalsOf = perMesh((mesh): ReadonlyMap<Service, readonly Service[]> => {
  const byHost = new Map<string, Service[]>()
  for (const service of mesh.services) {
    const group = byHost.get(service.host)
    if (group === undefined) byHost.set(service.host, [service])
    else group.push(service)
  }
  const groups = [...byHost.values()].filter(group => group.length > 1)
  return new Map(
    groups.flatMap(group => group.map(one => [one, group.filter(other => other !== one)] as const)),
  )
})

/**
 * Another declaration of a service's host that takes part in what a client's proxy makes of it: one of the client's own
 * namespace beats all others, else a Kubernetes Service beats ServiceEntries (istio pilot/pkg/model/sidecar.go
 * selectServices), and endpoints of one host in one namespace are put together whoever declares them
 * (pilot/pkg/model/endpointshards.go, by host and namespace). Null where the service is on its own for this client.
 */
export function rivalHost(mesh: Mesh, client: Workload, service: Service): Fact | null {
  const rivals = rivalsOf(mesh).get(service)
  if (rivals === undefined) return null
  const rival = rivals.find(one => takesPart(mesh, client, service, one))
  if (rival === undefined) return null
  const {namespace, name} = rival
  const text = `${rival.kind} ${namespace}/${name} declares the host ${service.host} too, so which endpoints a client gets is not known`
  return fact(text, rival.object, rival.kind === 'ServiceEntry' ? ['spec', 'hosts'] : ['metadata', 'name'])
}

/** Whether clients of a namespace have another service by this host, since that is their own. */
export function beatenByOwn(mesh: Mesh, namespace: string, service: Service): boolean {
  if (service.namespace === namespace) return false
  return (
    rivalsOf(mesh)
      .get(service)
      ?.some(one => one.namespace === namespace) ?? false
  )
}

function takesPart(mesh: Mesh, client: Workload, service: Service, rival: Service): boolean {
  if (rival.namespace === service.namespace) return addsEndpoints(rival) || service.kind === rival.kind
  if (!mesh.visible(client, rival).visible) return false
  if (!mesh.visible(client, service).visible) return true
  if (service.namespace === client.namespace) return false
  if (rival.namespace === client.namespace) return true
  return rival.kind === 'Service' || service.kind === rival.kind
}

function addsEndpoints(service: Service): boolean {
  return service.selector !== null || list(record(service.object.value['spec'])['endpoints']).length > 0
}
