import {record, text} from '../objects/json.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Mesh, Server, Service} from './mesh.ts'

/**
 * The service that an ExternalName Service is another name for, at the same port: to proxies its host is one more name
 * of that one, as it is to the cluster's name service (istio pilot/pkg/model/push_context.go resolveServiceAliases).
 */
export function aliased(mesh: Mesh, {service, port}: Server): Server | null {
  let target = service
  for (const seen = new Set<Service>(); target.type === 'ExternalName'; seen.add(target)) {
    const host = text(record(target.object.value['spec'])['externalName'])?.toLowerCase() ?? ''
    const next = mesh.host(host, '')
    if (next === null || next.host !== host || seen.has(target)) return null
    target = next
  }
  const same = target.ports.find(one => one.port === port.port)
  return target === service || same === undefined ? null : {service: target, port: same}
}

export function aliasFact({service}: Server, target: Server): Fact {
  const words = `${service.host} is another name for ${target.service.host}`
  return fact(words, service.object, ['spec', 'externalName'])
}
