import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Service, ServicePort} from '../../../mesh/mesh.ts'
import {objectKey} from '../../../objects/identity.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'se-duplicate-host',
  area: 'service-entry',
  severity: 'info',
  istio: '*',
  inputs: ['ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA1211'],
  formerIds: [],
  messages: {
    again: 'Port {port} of {host} is defined by {others} too.',
  },
  why: 'Endpoints of ServiceEntries with one host and port are joined, and of their other settings those of one count. Mostly two teams added the same outside host.',
  fix: 'Keep one ServiceEntry for the host, exported to those who need it.',
  check(mesh, report) {
    for (const claims of claimsByPort(mesh).values()) {
      const objects = new Set(claims.map(({service}) => objectKey(service.object.id)))
      const protocols = new Set(claims.map(({port}) => port.protocol))
      // Unlike protocols are a conflict: `se-protocol-conflict` says so.
      if (objects.size < 2 || protocols.size > 1) continue
      for (const {service, port} of claims) {
        // Copies of one object are the business of `duplicate-resource`.
        const others = claims
          .map(one => one.service)
          .filter(one => objectKey(one.object.id) !== objectKey(service.object.id))
        report({
          messageId: 'again',
          data: {
            port: port.port,
            host: service.host,
            others: listed(others.map(({object}) => nameOf(object.id))),
          },
          identity: ['port', 'host'],
          object: service.object,
          path: port.path,
          related: others
            .slice(0, 5)
            .map(({object}) => fact(`ServiceEntry ${nameOf(object.id)}`, object, ['spec', 'hosts'])),
        })
      }
    }
  },
})

interface Claim {
  readonly service: Service
  readonly port: ServicePort
}

/** Ports of ServiceEntries by host, number and namespaces that see them. */
function claimsByPort(mesh: Mesh): ReadonlyMap<string, readonly Claim[]> {
  const found = new Map<string, Claim[]>()
  for (const service of mesh.services) {
    if (service.kind !== 'ServiceEntry') continue
    for (const port of service.ports) {
      const key = JSON.stringify([service.host, port.port, [...service.exportTo].sort()])
      const known = found.get(key)
      if (known === undefined) found.set(key, [{service, port}])
      else known.push({service, port})
    }
  }
  return found
}
