import {fact} from '../../../mesh/fact.ts'
import {exported} from '../../../mesh/export-to.ts'
import type {Service, ServicePort} from '../../../mesh/mesh.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'se-protocol-conflict',
  area: 'service-entry',
  severity: 'warning',
  istio: '*',
  inputs: ['ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0177', 'KIA1212'],
  formerIds: [],
  messages: {
    conflict: 'Port {port} of {host} is {protocol} here and {other} in ServiceEntry {others}.',
  },
  why: 'Proxies build one listener for a host and port, by one of the entries. Which one it is depends on their age, and the routes or the TLS of the other do not work.',
  fix: 'Declare one protocol for the port, or export the entries to different namespaces.',
  check(mesh, report) {
    const claims = new Map<string, {service: Service; port: ServicePort}[]>()
    for (const service of mesh.services) {
      if (service.kind !== 'ServiceEntry') continue
      for (const port of service.ports) {
        const key = `${service.host}:${port.port}`
        const group = claims.get(key)
        if (group === undefined) claims.set(key, [{service, port}])
        else group.push({service, port})
      }
    }
    for (const group of claims.values()) {
      if (new Set(group.map(({port}) => port.protocol)).size < 2) continue
      for (const {service, port} of group) {
        const others = group.filter(
          one =>
            one.service.object !== service.object &&
            one.port.protocol !== port.protocol &&
            overlap(one.service, service),
        )
        const [other] = others
        if (other === undefined) continue
        report({
          messageId: 'conflict',
          data: {
            port: port.port,
            host: service.host,
            protocol: port.protocol,
            other: other.port.protocol,
            others: listed(others.map(one => nameOf(one.service.object.id))),
          },
          identity: ['port', 'host'],
          object: service.object,
          path: port.path,
          related: others.map(one => fact('the other entry', one.service.object, one.port.path)),
        })
      }
    }
  },
})

/** Whether some namespace sees both. */
function overlap(a: Service, b: Service): boolean {
  const places = [...a.exportTo, ...b.exportTo, a.namespace, b.namespace].filter(
    place => place !== '*' && place !== '.' && place !== '~',
  )
  return [...places, '\u0000anywhere'].some(
    place => exported(a.exportTo, a.namespace, place) && exported(b.exportTo, b.namespace, place),
  )
}
