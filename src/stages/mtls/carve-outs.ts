import type {JsonObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Edge, Mesh, Server, Service, Workload} from '../../mesh/mesh.ts'
import {outsideCalls} from '../../mesh/outside-callers.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {speaksFirst} from '../../mesh/verdict.ts'
import {callersOfAll, clientName} from '../callers.ts'
import {listed, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {serverName} from './endangered.ts'
import {portsOf, servicesOver} from './peer-authentication.ts'

/** Ports of pods that stay open to plaintext while all others demand mTLS, each with the calls that need it. */
export type CarveOuts = ReadonlyMap<number, readonly Edge[]>

/**
 * Callers that are no workload can't be given a sidecar: the kubelet, Prometheus by its monitors, the API server, load
 * balancers, an ingress that is not Istio's. Each is known by an object that brings it about, and so is its port; the
 * port stays PERMISSIVE and the others need not. Where no other port is left, nothing would be won: then there is no
 * carve-out, and the caller stands in the way like any other.
 */
export function carveOuts(mesh: Mesh, workloads: readonly Workload[]): CarveOuts {
  const ports = new Map<number, Edge[]>()
  for (const edge of callersOfAll(mesh, servicesOver(mesh, workloads)).known) {
    if (!isNoWorkload(mesh, edge) || !mayWork(edge)) continue
    for (const port of openPortsFor(mesh, edge, workloads))
      ports.set(port, [...(ports.get(port) ?? []), edge])
  }
  const closed = workloads.flatMap(workload => portsOf(mesh, workload)).some(port => !ports.has(port))
  return closed ? ports : new Map()
}

function isNoWorkload(mesh: Mesh, {client, server}: Edge): boolean {
  if (client.inMesh !== false || client.object === null) return false
  return client.of === null || scraped(mesh).has(scrapeKey(client.of, server))
}

/**
 * What monitors have Prometheus scrape, where Prometheus is a workload of the input; seen doing so, it is still that.
 * A sidecar for it is not asked for: it would have to reach pods by their addresses.
 */
const scraped = perMesh(
  (mesh): ReadonlySet<string> =>
    new Set(
      outsideCalls(mesh).flatMap(({client, server}) =>
        client.kind === 'prometheus' && client.of !== null ? [scrapeKey(client.of, server)] : [],
      ),
    ),
)

function scrapeKey({namespace, name}: Workload, server: Server): string {
  return `${namespace}/${name} > ${serverName(server)}`
}

/** What is refused today needs nothing kept open. */
function mayWork(edge: Edge): boolean {
  return edge.judge().outcome.result !== 'fails'
}

/** The ports by which this call reaches the pods, as far as they take plaintext today. */
function openPortsFor(mesh: Mesh, {server}: Edge, workloads: readonly Workload[]): readonly number[] {
  const ports = workloads
    .filter(workload => mesh.endpoints(server.service).includes(workload))
    .flatMap(workload => {
      const port = mesh.targetPort(server.port, workload)
      return port !== null && mesh.peerAuthentication(workload, port).mode === 'PERMISSIVE' ? [port] : []
    })
  return [...new Set(ports)]
}

export function isCarved(ports: CarveOuts, edge: Edge): boolean {
  return [...ports.values()].some(edges => edges.includes(edge))
}

/** `9090 because prometheus calls shop/cart:9090` for each port, in one line. */
export function whyOpen(ports: CarveOuts): string {
  return [...ports].map(([port, edges]) => `${port} because ${listed(edges.map(callOf))}`).join('; ')
}

function callOf({client, server}: Edge): string {
  return `${clientName(client)} calls ${serverName(server)} in plaintext`
}

/** `portLevelMtls` of a policy. */
export function permissivePorts(ports: Iterable<number>): JsonObject {
  return Object.fromEntries(
    [...new Set(ports)].sort((a, b) => a - b).map(port => [String(port), {mode: 'PERMISSIVE'}]),
  )
}

/** What stays open, said before it is done. */
export function plannedReasons(ports: CarveOuts): readonly Reason[] {
  return [...ports].map(([port, edges]) =>
    reason(
      'carve-out-planned',
      `${listed(edges.map(callOf))}; port ${port} of the pods stays open to plaintext for that, and no other does`,
      edges.flatMap(edge => edge.knownBy),
    ),
  )
}

/** What is still open once the rest demands mTLS: a debt. */
export function openReasons(ports: CarveOuts): readonly Reason[] {
  return [...ports].map(([port, edges]) =>
    reason(
      'carve-outs-remain',
      `port ${port} of its pods still takes plaintext, because ${listed(edges.map(callOf))}`,
      edges.flatMap(edge => edge.knownBy),
      'once that caller is gone, run this stage again: it closes the port',
    ),
  )
}

/**
 * Under PERMISSIVE a proxy waits for the client's first bytes to tell TLS from plaintext, so that a plaintext client of
 * a server that speaks first hangs (istio-semantics A11; listener_inbound.go: protocolDetectionTimeout is 0). Only
 * STRICT, for clients in the mesh, or DISABLE takes such a port out of that.
 */
export function serverFirstReasons(
  mesh: Mesh,
  services: readonly Service[],
  ports: CarveOuts,
): {readonly blockers: readonly Reason[]; readonly cautions: readonly Reason[]} {
  const found = services.flatMap(service =>
    service.ports.flatMap(port => {
      const first = mesh.endpoints(service).find(workload => speaksFirst({service, port}, workload))
      if (first === undefined) return []
      const target = mesh.targetPort(port, first)
      return [
        {where: serverName({service, port}), port, service, carved: target !== null && ports.has(target)},
      ]
    }),
  )
  const said = (
    {where, port, service}: (typeof found)[number],
    message: string,
    unblock: string | null,
  ): Reason =>
    reason(
      'server-first-protocol',
      `${where} speaks before its clients do (${port.protocol === 'Auto' ? 'no protocol is declared' : port.protocol}): ${message}`,
      [fact(`port ${port.port} is declared ${port.protocol}`, service.object, port.path)],
      unblock,
    )
  return {
    blockers: found
      .filter(({carved}) => carved)
      .map(one =>
        said(
          one,
          'left open to plaintext its callers hang, since the proxy waits for their first bytes',
          'set DISABLE for that port in a PeerAuthentication, and keep others from it by a NetworkPolicy; or have its callers come through an Istio gateway',
        ),
      ),
    cautions: found
      .filter(({carved}) => !carved)
      .map(one =>
        said(
          one,
          one.port.protocol === 'Auto'
            ? 'declare it (appProtocol: tcp), or proxies wait for the client to find out what it speaks'
            : 'STRICT is right for it, and there is no way through PERMISSIVE for a plaintext client',
          null,
        ),
      ),
  }
}
