import {entries, isRecord, number, record, text, textMap, texts} from '../objects/json.ts'
import type {KubeObject, Path} from '../objects/object.ts'
import {hostCovers} from './hosts.ts'
import type {Labels, Mesh, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'

/** A server of a Gateway: the port it opens and the hosts it admits there. */
export interface GatewayServer {
  readonly port: {
    readonly number: number | null
    readonly name: string | null
    readonly protocol: string | null
  }
  /** As written: `namespace/host` or `host`. */
  readonly hosts: readonly string[]
  readonly tls: {
    readonly mode: string | null
    readonly credentialName: string | null
    readonly httpsRedirect: boolean
  } | null
  readonly path: Path
}

const byName = perMesh(
  (mesh): ReadonlyMap<string, KubeObject> =>
    new Map(
      mesh
        .objects('Gateway')
        .filter(isIstioGateway)
        .map(gateway => [`${gateway.id.namespace}/${gateway.id.name}`, gateway]),
    ),
)

/** Istio's own Gateway, and not that of the Gateway API, which has the same kind. */
export function isIstioGateway(object: KubeObject): boolean {
  return object.id.kind === 'Gateway' && object.id.apiVersion.startsWith('networking.istio.io/')
}

/**
 * `namespace/name` for a reference in a VirtualService: `ns/name`, `./name`, a bare name of the same namespace, or the
 * old `name.ns.svc.cluster.local` (istio pilot/pkg/model/config.go resolveGatewayName). `mesh` stays what it is.
 */
export function gatewayKey(ref: string, fromNamespace: string): string {
  if (ref === 'mesh') return ref
  if (ref.startsWith('./')) return `${fromNamespace}/${ref.slice(2)}`
  if (ref.includes('/')) return ref
  const [name = '', namespace] = ref.split('.')
  return `${namespace ?? fromNamespace}/${name}`
}

/** The Gateway behind a reference; null where it is not in the input, and for `mesh`, which is none. */
export function findGateway(mesh: Mesh, ref: string, fromNamespace: string): KubeObject | null {
  return byName(mesh).get(gatewayKey(ref, fromNamespace)) ?? null
}

/** The labels of the proxies that serve a Gateway; null where every proxy does that asks for it. */
export function gatewaySelector(gateway: KubeObject): Labels | null {
  const labels = textMap(record(gateway.value['spec'])['selector'])
  return Object.keys(labels).length === 0 ? null : labels
}

/**
 * The workloads that serve a Gateway: of any namespace, for PILOT_SCOPE_GATEWAY_TO_NAMESPACE is off by default
 * (istio pilot/pkg/model/push_context.go mergeGateways). Empty without a selector: it cannot be told which.
 */
export function gatewayWorkloads(mesh: Mesh, gateway: KubeObject): readonly Workload[] {
  const selector = gatewaySelector(gateway)
  return selector === null ? [] : mesh.selected(selector, '*')
}

export function gatewayServers(gateway: KubeObject): readonly GatewayServer[] {
  return entries(record(gateway.value['spec'])['servers']).map(([index, server]) => {
    const port = record(server['port'])
    const tls = server['tls']
    return {
      port: {
        number: number(port['number']) ?? null,
        name: text(port['name']) ?? null,
        protocol: text(port['protocol']) ?? null,
      },
      hosts: texts(server['hosts']),
      tls: isRecord(tls)
        ? {
            mode: text(tls['mode']) ?? null,
            credentialName: text(tls['credentialName']) ?? null,
            httpsRedirect: tls['httpsRedirect'] === true,
          }
        : null,
      path: ['spec', 'servers', index],
    }
  })
}

/**
 * Whether a Gateway takes requests for a host of a VirtualService in some namespace: one of its servers' hosts and the
 * host overlap, either one may be the wildcard, and the namespace before the `/` admits it.
 */
export function admitsHost(gateway: KubeObject, host: string, virtualServiceNamespace: string): boolean {
  return gatewayServers(gateway).some(server =>
    server.hosts.some(admitted => admits(admitted, gateway, host, virtualServiceNamespace)),
  )
}

function admits(admitted: string, gateway: KubeObject, host: string, namespace: string): boolean {
  const slash = admitted.indexOf('/')
  const place = slash < 0 ? '*' : admitted.slice(0, slash)
  const pattern = admitted.slice(slash + 1)
  const placeFits =
    place === '*' || place === namespace || (place === '.' && gateway.id.namespace === namespace)
  return placeFits && (hostCovers(pattern, host) || hostCovers(host, pattern))
}
