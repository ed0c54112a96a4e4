import {gatewaySelector, gatewayServers, gatewayWorkloads, isIstioGateway} from '../../../mesh/gateways.ts'
import type {GatewayServer} from '../../../mesh/gateways.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {objectKey} from '../../../objects/identity.ts'
import {at, text} from '../../../objects/json.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {rivals} from '../../reading/rivals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-conflict',
  area: 'gateways',
  severity: 'error',
  istio: '*',
  inputs: ['Gateway'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0145', 'KIA0301'],
  formerIds: [],
  messages: {
    protocol:
      'Port {port} of the same proxies is opened by {others} too, and the two cannot share it: only the oldest Gateway has it.',
    tls: 'TLS for {host} on port {port} of the same proxies is served by {others} too: only the server of the oldest Gateway counts.',
    merged:
      'Port {port} of the same proxies serves {host} for {others} too: Istio makes one virtual host of both, so that routes bound to either one take requests of both.',
  },
  why: 'Gateways that select the same pods become one. A server whose port or whose TLS host is taken already is left out, silently, and which one it is depends on age.',
  fix: 'Give the host, or the port, to one of the Gateways and let the other routes refer to it.',
  check(mesh, report) {
    for (const group of claimsByPlace(mesh).values()) {
      for (const {messageId, host, claims} of clashesIn(group)) {
        const places = new Map(claims.map(claim => [claim.gateway, claim]))
        for (const {object, others, related} of rivals(claims.map(({gateway}) => gateway))) {
          const server = places.get(object)?.server
          report({
            messageId,
            data: {host, port: server?.port.number ?? 0, others: listed(others.map(one => nameOf(one.id)))},
            identity: ['host', 'port'],
            object,
            path: server?.path ?? ['spec'],
            ...(messageId === 'merged' ? {severity: 'warning' as const} : {}),
            related,
          })
        }
      }
    }
  },
})

type Sort = 'http' | 'tls' | 'tcp'

interface Claim {
  readonly gateway: KubeObject
  readonly server: GatewayServer
  readonly sort: Sort
  readonly hosts: readonly string[]
}

interface Clash {
  readonly messageId: 'protocol' | 'tls' | 'merged'
  readonly host: string
  readonly claims: readonly Claim[]
}

/** What servers ask for, by the proxies, the port and the address that they ask it of. */
function claimsByPlace(mesh: Mesh): ReadonlyMap<string, readonly Claim[]> {
  const claims = new Map<string, Claim[]>()
  for (const gateway of mesh.objects('Gateway').filter(isIstioGateway)) {
    const proxies = proxiesOf(mesh, gateway)
    for (const server of gatewayServers(gateway)) {
      if (server.port.number === null) continue
      const bind = text(at(gateway.value, [...server.path, 'bind'])) ?? ''
      const claim = {gateway, server, sort: sortOf(server), hosts: hostsOf(server, gateway)}
      for (const proxy of proxies) {
        const place = `${proxy} ${server.port.number} ${bind}`
        const known = claims.get(place)
        if (known === undefined) claims.set(place, [claim])
        else known.push(claim)
      }
    }
  }
  return claims
}

/** The workloads that serve a Gateway; its selector stands for those that the input lacks. */
function proxiesOf(mesh: Mesh, gateway: KubeObject): readonly string[] {
  const workloads = gatewayWorkloads(mesh, gateway)
  if (workloads.length > 0) return workloads.map(({object}) => objectKey(object.id))
  const labels = Object.entries(gatewaySelector(gateway) ?? {}).map(([key, value]) => `${key}=${value}`)
  return [labels.sort().join()]
}

/** istio pilot/pkg/model/gateway.go mergeGateways: plain HTTP merges, TLS is told apart by host, the rest is alone. */
function clashesIn(claims: readonly Claim[]): readonly Clash[] {
  if (new Set(claims.map(({gateway}) => gateway)).size < 2) return []
  const sorts = new Set(claims.map(({sort}) => sort))
  if (sorts.size > 1 || sorts.has('tcp')) return [{messageId: 'protocol', host: '', claims}]
  const messageId = sorts.has('tls') ? 'tls' : 'merged'
  const byHost = new Map<string, Claim[]>()
  for (const claim of claims) {
    for (const host of claim.hosts) {
      const known = byHost.get(host)
      if (known === undefined) byHost.set(host, [claim])
      else known.push(claim)
    }
  }
  return [...byHost].map(([host, group]) => ({messageId, host, claims: group}))
}

function sortOf({port, tls}: GatewayServer): Sort {
  const protocol = (port.protocol ?? '').toUpperCase()
  if (protocol === 'HTTPS' || protocol === 'TLS') return 'tls'
  if (/^(HTTP|HTTP2|HTTP_PROXY|GRPC|GRPC-WEB)$/.test(protocol)) return 'http'
  return tls === null ? 'tcp' : 'tls'
}

/** Hosts with the namespace that is meant by the dot (istio pilot/pkg/model/gateway.go sanitizeServerHostNamespace). */
function hostsOf({hosts}: GatewayServer, {id}: KubeObject): readonly string[] {
  return [
    ...new Set(
      hosts.map(host =>
        host.startsWith('./') ? `${id.namespace}/${host.slice(2)}` : host.replace(/^\*\//, ''),
      ),
    ),
  ]
}
