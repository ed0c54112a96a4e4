import {gatewaySelector, gatewayServers, gatewayWorkloads, isIstioGateway} from '../../../mesh/gateways.ts'
import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {objectKey} from '../../../objects/identity.ts'
import {at, record, text} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-duplicate-certificate',
  area: 'gateways',
  severity: 'warning',
  istio: '*',
  inputs: ['Gateway'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0138'],
  formerIds: [],
  messages: {
    same: 'The certificate {certificate} is used by {others} on the same proxies too: a browser that reuses its HTTP/2 connection for both hosts gets 404 for one.',
  },
  why: 'A client may send requests for every host of a certificate over one HTTP/2 connection. Each Gateway is a filter chain of its own, chosen once by the first host, which knows no routes for the other.',
  fix: 'List the hosts of one certificate in the server of one Gateway, and bind the routes to that.',
  check(mesh, report) {
    for (const uses of usesByCertificate(mesh).values()) {
      const gateways = new Set(uses.map(({gateway}) => gateway))
      if (gateways.size < 2) continue
      for (const {gateway, certificate, path, hosts} of uses) {
        // For one host it is the whole server that clashes: `gateway-conflict` says so.
        const others = [
          ...new Set(
            uses
              .filter(use => use.gateway !== gateway && !use.hosts.some(host => hosts.includes(host)))
              .map(use => use.gateway),
          ),
        ]
        if (others.length === 0) continue
        report({
          messageId: 'same',
          data: {certificate, others: listed(others.map(one => nameOf(one.id)))},
          identity: ['certificate'],
          object: gateway,
          path,
          related: others
            .slice(0, 5)
            .map(one => fact(`Gateway ${nameOf(one.id)}`, one, ['metadata', 'name'])),
        })
      }
    }
  },
})

interface Use {
  readonly gateway: KubeObject
  readonly certificate: string
  readonly path: Path
  readonly hosts: readonly string[]
}

/** Where a certificate is used, by the proxies on which it is and the port. */
function usesByCertificate(mesh: Mesh): ReadonlyMap<string, readonly Use[]> {
  const uses = new Map<string, Use[]>()
  for (const gateway of mesh.objects('Gateway').filter(isIstioGateway)) {
    const proxies = proxiesOf(mesh, gateway)
    for (const {path, port, hosts} of gatewayServers(gateway)) {
      const found = certificateOf(gateway, [...path, 'tls'])
      if (found === null) continue
      for (const proxy of proxies) {
        const key = `${proxy} ${port.number ?? 0} ${found.certificate}`
        const known = uses.get(key)
        if (known === undefined) uses.set(key, [{gateway, hosts, ...found}])
        else known.push({gateway, hosts, ...found})
      }
    }
  }
  return uses
}

function proxiesOf(mesh: Mesh, gateway: KubeObject): readonly string[] {
  const workloads = gatewayWorkloads(mesh, gateway)
  if (workloads.length > 0) return workloads.map(({object}) => objectKey(object.id))
  return [JSON.stringify(Object.entries(gatewaySelector(gateway) ?? {}).sort())]
}

function certificateOf(gateway: KubeObject, path: Path): Pick<Use, 'certificate' | 'path'> | null {
  const tls = record(at(gateway.value, path))
  const name = text(tls['credentialName'])
  if (name !== undefined && name !== '') return {certificate: name, path: [...path, 'credentialName']}
  const file = text(tls['serverCertificate'])
  if (file === undefined || file === '' || text(tls['privateKey']) === undefined) return null
  return {certificate: file, path: [...path, 'serverCertificate']}
}
