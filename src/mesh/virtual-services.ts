import type {KubeObject} from '../objects/object.ts'
import {createdAt} from './age.ts'
import {aliased} from './aliases.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {wildcardsCovering} from './hosts.ts'
import type {Mesh, Service, VirtualServiceChoice, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {mayBeHttp} from './protocols.ts'
import {oldestOwnersFirst, routeOwners} from './route-owners.ts'
import type {RouteOwner, RouteOwners} from './route-owners.ts'
import {knowsName} from './sidecar-scope.ts'
import {importsOf, tcpImports} from './virtual-service-imports.ts'

/** Who may serve a host for a client, in the order in which istiod asks them. */
export interface Claims {
  /** The first serves the host, if any of its routes survives; else the next one does. */
  readonly claimants: readonly RouteOwner[]
  /**
   * Those that could come first as well, for the order of the first ones follows from their age and no age is known
   * (manifests carry none). Empty where the order is certain.
   */
  readonly rivals: readonly RouteOwner[]
  /** Owners of the same host that do not reach this client, each with why. */
  readonly unseen: readonly {readonly owner: RouteOwner; readonly why: 'export-to' | 'sidecar' | 'wildcard'}[]
}

const nobody: Claims = {claimants: [], rivals: [], unseen: []}

/**
 * The one VirtualService that serves a host for a client's proxy; they are never merged for sidecars. First those
 * private to the client's namespace, then those exported to it by name, then the public ones, each the oldest first; an
 * exact host beats any wildcard (istio pilot/pkg/model/virtualservice.go SelectVirtualServices,
 * pilot/pkg/networking/core/httproute.go). Null where none is bound to the mesh for this client.
 */
export function chooseVirtualService(
  mesh: Mesh,
  client: Workload,
  service: Service,
): VirtualServiceChoice | null {
  return describeClaims(claimsOf(mesh, client, service, null), service, client)
}

const imports = perMesh(() => new Map<string, (owner: RouteOwner) => boolean>())

/**
 * The claims on a host, for one port of it or (null) for any. Another name for a service is served by what serves either
 * of them, whichever comes first (istio pilot/pkg/networking/core/httproute.go generateVirtualHostDomains).
 */
export function claimsOf(mesh: Mesh, client: Workload, service: Service, port: number | null): Claims {
  const called = service.ports.find(one => port === null || one.port === port)
  const target = called === undefined ? null : aliased(mesh, {service, port: called})
  if (target === null) return claimsOfHost(mesh, client, service, port)
  const written = claimsOfHost(mesh, client, service, port)
  // Where the name is not known, a wildcard does not stand for it.
  const own = knowsName(mesh, client, service, port ?? undefined) ? written : byName(written, service)
  if (!mesh.visible(client, target.service, port ?? undefined).visible) return own
  if (!mesh.sidecarScope(client).listsName(target.service, service.host, target.port.port)) return own
  const {claimants} = claimsOfHost(mesh, client, target.service, port)
  const both = oldestOwnersFirst([...new Set([...own.claimants, ...claimants])])
  return {...inOrder(both, client.namespace, service), unseen: own.unseen}
}

/**
 * The claims on a host that the client's proxy does not know, over HTTP: by its name first, then by every wildcard that
 * covers it, the closest first. Which of them takes it depends on what else each of them routes.
 */
export function claimsOnUnknown(mesh: Mesh, client: Workload, service: Service, port: number): Claims {
  const {exact, wildcard} = routeOwners(mesh)
  const host = service.host.toLowerCase()
  const seen = seenBy(client.namespace, importedBy(mesh, client, port))
  const named = inOrder((exact.get(host) ?? []).filter(seen), client.namespace, service)
  if (service.type === 'ExternalName' || wildcard.size === 0) return named
  const levels = [named]
  for (const pattern of wildcardsCovering(host)) {
    const owners = wildcard.get(pattern)
    if (owners !== undefined) levels.push(inOrder(owners.filter(seen), client.namespace, service))
  }
  return {
    claimants: levels.flatMap(({claimants}) => claimants),
    rivals: levels.find(({claimants}) => claimants.length > 0)?.rivals ?? [],
    unseen: [],
  }
}

function byName(claims: Claims, service: Service): Claims {
  return only(claims, owner => owner.hosts.includes(service.host.toLowerCase()))
}

function only(claims: Claims, keeps: (owner: RouteOwner) => boolean): Claims {
  return {...claims, claimants: claims.claimants.filter(keeps), rivals: claims.rivals.filter(keeps)}
}

function claimsOfHost(mesh: Mesh, client: Workload, service: Service, port: number | null): Claims {
  const owners = routeOwners(mesh)
  const host = service.host.toLowerCase()
  const exact = owners.exact.get(host) ?? []
  if (exact.length === 0 && owners.wildcard.size === 0) return nobody
  const imported = isTcp(service, port)
    ? tcpImports(mesh.sidecarScope(client).sidecar, client.namespace, service, port)
    : importedBy(mesh, client, port)
  const seen = seenBy(client.namespace, imported)
  if (isTcp(service, port)) return inOrder(covering(owners, host).filter(seen), client.namespace, service)
  const unseen = exact
    .filter(owner => !seen(owner))
    .map(owner => ({owner, why: whyUnseen(owner, client.namespace)}))
  const claims = inOrder(exact.filter(seen), client.namespace, service)
  if (claims.claimants.length > 0) {
    const wildcards = mostSpecificWildcard(host, owners.wildcard, seen).map(owner => ({
      owner,
      why: 'wildcard' as const,
    }))
    return {...claims, unseen: [...unseen, ...wildcards]}
  }
  // Only the first VirtualService of the most specific wildcard claims the host (sidecar.go computeWildcardHostVirtualServiceIndex).
  const wildcards = inOrder(mostSpecificWildcard(host, owners.wildcard, seen), client.namespace, service)
  return {...wildcards, claimants: wildcards.claimants.slice(0, 1), unseen}
}

function isTcp(service: Service, port: number | null): boolean {
  const called = service.ports.find(one => one.port === port)
  return called !== undefined && !mayBeHttp(called.protocol)
}

/** Outside of HTTP wildcards compete with exact hosts, and age alone decides (tls.go getConfigsForHost). */
function covering({exact, wildcard}: RouteOwners, host: string): readonly RouteOwner[] {
  const found = [...(exact.get(host) ?? [])]
  if (wildcard.size > 0)
    for (const pattern of wildcardsCovering(host)) found.push(...(wildcard.get(pattern) ?? []))
  return oldestOwnersFirst([...new Set(found)])
}

function importedBy(mesh: Mesh, client: Workload, port: number | null): (owner: RouteOwner) => boolean {
  const {sidecar} = mesh.sidecarScope(client)
  const key =
    sidecar === null ? '' : `${client.namespace} ${sidecar.id.namespace}/${sidecar.id.name} ${port ?? ''}`
  const known = imports(mesh)
  const found = known.get(key) ?? importsOf(sidecar, client.namespace, port)
  known.set(key, found)
  return found
}

function seenBy(namespace: string, imported: (owner: RouteOwner) => boolean): (owner: RouteOwner) => boolean {
  return owner => (owner.exportTo.has('*') || owner.exportTo.has(namespace)) && imported(owner)
}

function whyUnseen(owner: RouteOwner, namespace: string): 'export-to' | 'sidecar' {
  return owner.exportTo.has('*') || owner.exportTo.has(namespace) ? 'sidecar' : 'export-to'
}

function mostSpecificWildcard(
  host: string,
  wildcards: ReadonlyMap<string, readonly RouteOwner[]>,
  seen: (owner: RouteOwner) => boolean,
): readonly RouteOwner[] {
  if (wildcards.size === 0) return []
  // Every pattern that could cover the host, the longest first: independent of how many patterns there are.
  for (let start = host.startsWith('*') ? 1 : 0; start <= host.length; start++) {
    const found = (wildcards.get(`*${host.slice(start)}`) ?? []).filter(
      owner => !owner.gatewayApi && seen(owner),
    )
    if (found.length > 0) return found
  }
  return []
}

/** Private, exported by name, public; in each group the client's own HTTPRoutes first; the rest by age. */
function inOrder(owners: readonly RouteOwner[], namespace: string, service: Service): Claims {
  const allowed = owners.filter(
    owner => !owner.gatewayApi || owner.namespace === namespace || owner.namespace === service.namespace,
  )
  const groups = new Map<number, RouteOwner[]>()
  for (const owner of allowed) {
    const tier = tierOf(owner, namespace) * 2 + (owner.gatewayApi && owner.namespace === namespace ? 0 : 1)
    groups.set(tier, [...(groups.get(tier) ?? []), owner])
  }
  const ordered = [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group)
  const first = ordered[0] ?? []
  // The oldest comes first and what has no age counts as youngest: if the first has none, then none of them has.
  const unordered = first.length > 1 && first[0] !== undefined && createdAt(first[0].objects[0]) === null
  return {claimants: ordered.flat(), rivals: unordered ? first : [], unseen: []}
}

function tierOf(owner: RouteOwner, namespace: string): number {
  if (owner.exportTo.has('*')) return 2
  return owner.namespace === namespace ? 0 : 1
}

/** The claims as the choice of one object, with `serving` in place of the first one where that has no route left. */
export function describeClaims(
  claims: Claims,
  service: Service,
  client: Workload,
  serving = claims.claimants[0],
): VirtualServiceChoice | null {
  if (serving === undefined) return null
  const chosen = serving.objects[0]
  const others = claims.claimants.filter(owner => owner !== serving)
  const losers = [
    ...others.map(owner => owner.objects[0]),
    ...claims.unseen.map(({owner}) => owner.objects[0]),
  ]
  const facts = [
    fact(
      `${describe(chosen)} serves ${service.host} for clients in ${client.namespace}`,
      chosen,
      pathToHosts(chosen),
    ),
    ...serving.objects
      .slice(1)
      .map(object => fact(`${describe(object)} adds its rules`, object, ['spec', 'rules'])),
    ...others.map(owner => loserFact(owner, serving, client.namespace)),
    ...claims.unseen.map(({owner, why}) => unseenFact(owner, why, client.namespace)),
    ...rivalFacts(claims, serving),
  ]
  return {virtualService: chosen, losers, rivals: claims.rivals.map(owner => owner.objects[0]), facts}
}

function loserFact(owner: RouteOwner, serving: RouteOwner, namespace: string): Fact {
  const [loser] = owner.objects
  const reason =
    tierOf(owner, namespace) > tierOf(serving, namespace)
      ? `${describe(serving.objects[0])} is exported more narrowly`
      : `${describe(serving.objects[0])} comes first`
  return fact(
    `${describe(loser)} has no effect here: only one serves a host, and ${reason}`,
    loser,
    pathToHosts(loser),
  )
}

function unseenFact(owner: RouteOwner, why: Claims['unseen'][number]['why'], namespace: string): Fact {
  const [object] = owner.objects
  if (why === 'export-to')
    return fact(`${describe(object)} is not exported to ${namespace}`, object, ['spec', 'exportTo'])
  if (why === 'sidecar')
    return fact(
      `A Sidecar keeps ${describe(object)} from clients in ${namespace}`,
      object,
      pathToHosts(object),
    )
  return fact(
    `${describe(object)} has no effect here: an exact host beats a wildcard`,
    object,
    pathToHosts(object),
  )
}

function rivalFacts(claims: Claims, serving: RouteOwner): readonly Fact[] {
  if (!claims.rivals.includes(serving)) return []
  const names = claims.rivals.map(owner => describe(owner.objects[0])).join(' and ')
  return [fact(`${names} claim the same host; the oldest serves it, and their age is not known`)]
}

function pathToHosts(object: KubeObject): readonly string[] {
  return object.id.kind === 'HTTPRoute' ? ['spec', 'parentRefs'] : ['spec', 'hosts']
}

function describe(object: KubeObject): string {
  return `${object.id.kind} ${object.id.namespace}/${object.id.name}`
}
