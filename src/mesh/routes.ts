import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {droppedRoutesOf} from './http-routes.ts'
import type {HttpRoute} from './http-routes.ts'
import {concernsClient, sourceIgnored} from './http-match.ts'
import type {HttpMatch} from './http-match.ts'
import type {Mesh, Route, RouteTable, Server, Workload} from './mesh.ts'
import type {Retries} from './outcome.ts'
import {perMesh} from './per-mesh.ts'
import {mayBeHttp} from './protocols.ts'
import {defaultRetries, parseRetryOn} from './retries.ts'
import type {RouteOwner} from './route-owners.ts'
import {isEncrypted, plainRoute, sniRank, tcpRoutesOf} from './tcp-routes.ts'
import {claimsOf, describeClaims} from './virtual-services.ts'
import type {Claims} from './virtual-services.ts'

/**
 * The routes of a client's proxy to a service's port, in order, the first that matches wins; a request that none
 * matches is answered with 404 NR. For clients in the mesh only, and only where they see the service.
 */
export function routesOf(mesh: Mesh, client: Workload, server: Server): RouteTable {
  return tableOf(mesh, client, server, claimsOf(mesh, client, server.service, server.port.port))
}

/**
 * One table for each VirtualService that may serve the host where their age, which decides, is not known; a single one
 * where the choice is certain. An answer which all of them share is certain all the same.
 */
export function possibleRoutes(
  mesh: Mesh,
  client: Workload,
  server: Server,
  claims = claimsOf(mesh, client, server.service, server.port.port),
): readonly RouteTable[] {
  if (claims.rivals.length === 0) return [tableOf(mesh, client, server, claims)]
  return claims.rivals.map(first => {
    const claimants = [first, ...claims.claimants.filter(owner => owner !== first)]
    return tableOf(mesh, client, server, {...claims, claimants})
  })
}

function tableOf(mesh: Mesh, client: Workload, server: Server, claims: Claims): RouteTable {
  const http = mayBeHttp(server.port.protocol)
  const facts: Fact[] = []
  const order = isEncrypted(server) ? closestFirst(claims.claimants, client, server) : claims.claimants
  for (const owner of order) {
    const routes = http
      ? httpRoutes(mesh, owner, client, server)
      : tcpRoutesOf(mesh, owner.objects[0], client, server)
    if (routes.length === 0) {
      facts.push(emptyFact(owner, client, server))
      continue
    }
    const choice = describeClaims(claims, server.service, client, owner)
    // Beside tcp routes for single subnets the service keeps its own route; beside tls routes it does not (tls.go).
    const keepsDefault = !http && !isEncrypted(server) && !routes.some(route => route.catchAll)
    const whole = keepsDefault ? [...routes, defaultRoute(mesh, server, false)] : routes
    return {
      routes: whole,
      choice,
      facts: [...facts, ...(choice?.facts ?? []), ...(http ? httpFacts(mesh, owner, whole, client) : [])],
    }
  }
  return {
    routes: [defaultRoute(mesh, server, http)],
    choice: null,
    facts: [...facts, defaultFact(mesh, server, http)],
  }
}

function closestFirst(
  owners: readonly RouteOwner[],
  client: Workload,
  server: Server,
): readonly RouteOwner[] {
  const rank = (owner: RouteOwner): number => sniRank(owner.objects[0], client, server)
  return [...owners].sort((a, b) => rank(b) - rank(a))
}

/**
 * The HTTP routes of one owner which concern a client: what matches by source and port is decided here, when the
 * configuration is built, and after a route that takes everything nothing more is sent
 * (istio pilot/pkg/networking/core/route/route.go BuildHTTPRoutesForVirtualService).
 */
function httpRoutes(mesh: Mesh, owner: RouteOwner, client: Workload, server: Server): readonly Route[] {
  const result: Route[] = []
  for (const route of ownRoutes(mesh, owner)) {
    const matches: readonly (HttpMatch | null)[] = route.matches.length === 0 ? [null] : route.matches
    for (const match of matches) {
      if (match !== null && !concernsClient(match, client, server.port.port)) continue
      result.push(translate(mesh, route, match, server))
      if (match === null || match.everything) return result
    }
  }
  return result
}

const routesByOwner = perMesh(() => new Map<RouteOwner, readonly HttpRoute[]>())

function ownRoutes(mesh: Mesh, owner: RouteOwner): readonly HttpRoute[] {
  const known = routesByOwner(mesh)
  const routes = known.get(owner) ?? owner.http()
  known.set(owner, routes)
  return routes
}

function translate(mesh: Mesh, route: HttpRoute, match: HttpMatch | null, server: Server): Route {
  const everything = match === null || match.everything
  const answersItself = route.redirect || route.directResponse !== null
  return {
    match: everything ? null : match.conditions.join(', '),
    catchAll: everything,
    methods: match === null ? null : match.methods,
    // A sidecar looks destinations up among the services that have the called port, each cut down to that port
    // (httproute.go servicesByName), so a destination without a port is always the port that was called.
    destinations: route.destinations.map(one => ({...one, port: one.port ?? server.port.port})),
    timeout: answersItself ? null : route.timeout,
    retries: answersItself ? null : (route.retries ?? meshRetries(mesh)),
    faults: route.faults,
    redirect: route.redirect,
    directResponse: route.directResponse,
    object: route.object,
    path: route.path,
  }
}

/** The retries of every HTTP route that sets none: `meshConfig.defaultHttpRetryPolicy`, else Istio's own. */
export function meshRetries(mesh: Mesh): Retries {
  const policy = mesh.meshConfig.defaultHttpRetryPolicy
  if (policy === null) return defaultRetries(mesh.version)
  if (policy.attempts <= 0) return {attempts: 0, retryOn: [], perTryTimeout: null, source: 'mesh'}
  const retryOn =
    policy.retryOn.length === 0
      ? defaultRetries(mesh.version).retryOn
      : parseRetryOn(policy.retryOn.join(','))
  return {...policy, retryOn, source: 'mesh'}
}

/** Without a VirtualService: everything goes to the service itself, without a limit of time (route.go BuildDefaultHTTPOutboundRoute). */
function defaultRoute(mesh: Mesh, server: Server, http: boolean): Route {
  const destinations = [
    {host: server.service.host, subset: null, port: server.port.port, weight: 100, path: []},
  ]
  return {...plainRoute, destinations, retries: http ? meshRetries(mesh) : null}
}

function defaultFact(mesh: Mesh, server: Server, http: boolean): Fact {
  if (!http)
    return fact(
      `No VirtualService routes ${server.service.host}; its port ${server.port.port} has no HTTP routes`,
    )
  const {attempts, source} = meshRetries(mesh)
  const whose = source === 'mesh' ? `The mesh's defaultHttpRetryPolicy` : `Istio's default route`
  return fact(
    `${whose} applies: no timeout, ${attempts} retries`,
    source === 'mesh' ? mesh.meshConfig.object : null,
  )
}

function emptyFact(owner: RouteOwner, client: Workload, server: Server): Fact {
  const [object] = owner.objects
  const who = `${client.namespace}/${client.name} on port ${server.port.port}`
  return fact(
    `No route of ${object.id.kind} ${object.id.namespace}/${object.id.name} concerns ${who}, so it is passed over`,
    object,
    ['spec'],
  )
}

/** What a reader of the routes would not expect. */
function httpFacts(
  mesh: Mesh,
  owner: RouteOwner,
  routes: readonly Route[],
  client: Workload,
): readonly Fact[] {
  const facts: Fact[] = []
  const used = new Set(routes.map(route => `${route.object?.id.name}/${route.path.join('.')}`))
  for (const route of ownRoutes(mesh, owner)) {
    if (!used.has(`${route.object.id.name}/${route.path.join('.')}`) || !route.matches.some(sourceIgnored))
      continue
    const text = `sourceLabels and sourceNamespace are ignored beside gateways, so this route is for ${client.namespace}/${client.name} too`
    facts.push(fact(text, route.object, [...route.path, 'match']))
  }
  for (const {problem, delegate, object, path} of droppedRoutesOf(mesh, owner.objects[0])) {
    facts.push(fact(`A route is dropped: delegate ${delegate} ${delegateProblems[problem]}`, object, path))
  }
  if (!routes.some(route => route.catchAll))
    facts.push(
      fact('A request that no route matches is answered with 404', owner.objects[0], ['spec', 'http']),
    )
  return facts
}

const delegateProblems = {
  'delegate-missing': 'is not there',
  'delegate-not-exported': 'is not exported to the namespace of the root',
  'delegate-conflicts': 'asks for what the root does not match',
} as const
