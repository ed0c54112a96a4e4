import {aliasFact, aliased} from './aliases.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {claimsThoughHidden} from './hidden-routes.ts'
import type {Client, Mesh, Route, RouteTable, Server, Service, Workload} from './mesh.ts'
import type {
  Faults,
  Judgement,
  OutcomePath,
  OutlierDetection,
  Outcome,
  Retries,
  Transport,
} from './outcome.ts'
import {isHttp, mayBeHttp} from './protocols.ts'
import {rivalHost} from './rival-hosts.ts'
import {possibleRoutes} from './routes.ts'
import {hasCluster, knowsName} from './sidecar-scope.ts'
import {bypasses, reach} from './transport.ts'
import {clusterVerdicts, hiddenVerdicts, routedVerdicts} from './verdict.ts'
import type {Verdict} from './verdict.ts'
import type {Claims} from './virtual-services.ts'

/** What route and cluster add to an outcome beyond transport. */
interface Resilience {
  readonly timeout: string | null
  readonly retries: Retries | null
  readonly outlierDetection: OutlierDetection | null
  readonly faults: Faults | null
}

const bare: Resilience = {timeout: null, retries: null, outlierDetection: null, faults: null}

/**
 * What happens when a client calls a server: through the routes of its proxy where it has one that routes HTTP, else
 * straight to the service's cluster or pods.
 */
export function judge(mesh: Mesh, client: Client, server: Server): Judgement {
  const alias = aliasedFor(mesh, client, server)
  if (alias !== null) {
    const {outcome, paths, facts} = judgeAlias(mesh, client, server, alias)
    return {outcome, paths, facts: [aliasFact(server, alias), ...facts]}
  }
  const workload = client.of
  const inMesh = workload !== null && mesh.injection(workload).mode === 'sidecar'
  if (inMesh) {
    const unreached = reach(mesh, workload, server)
    if (unreached === null) return throughRoutes(mesh, workload, client, server)
    const twice = unreached.cause === 'host-declared-twice'
    const hidden = twice ? null : claimsThoughHidden(mesh, workload, server)
    if (hidden !== null) return throughRoutes(mesh, workload, client, server, server, hidden)
  }
  return single(summarise(clusterVerdicts(mesh, workload, server, null), bare))
}

/** Not where something else declares the name too: which of both a client's proxy gets is not known. */
function aliasedFor(mesh: Mesh, client: Client, server: Server): Server | null {
  const {of} = client
  const proxied = of !== null && mesh.injection(of).mode === 'sidecar' && !bypasses(mesh, of, server)
  const declaredTwice = proxied && rivalHost(mesh, of, server.service) !== null
  return declaredTwice ? null : aliased(mesh, server)
}

/**
 * A call by another name: over HTTP routes of either name may serve it, over TCP only the address counts, which is that
 * of the service itself, and over TLS the name that is said besides. A Sidecar may import the service and not the other
 * name (sidecar.go matchingAliasService).
 */
function judgeAlias(mesh: Mesh, client: Client, server: Server, target: Server): Judgement {
  const workload = client.of
  const inMesh = workload !== null && mesh.injection(workload).mode === 'sidecar'
  // The listener of a sniffed port is that of one service only, and knows its own routes.
  if (!inMesh || !isHttp(target.port.protocol) || bypasses(mesh, workload, target))
    return judge(mesh, client, {...target, saidName: server.service.host})
  const named = {service: server.service, port: {...target.port, path: server.port.path}}
  const port = target.port.port
  const scope = mesh.sidecarScope(workload)
  const known = knowsName(mesh, workload, server.service, port)
  const hidden = claimsThoughHidden(mesh, workload, named)
  const visible = reach(mesh, workload, target) === null
  if (!visible || !scope.listsName(target.service, server.service.host, port)) {
    // Then only routes that are written for the other name make it known.
    const routed =
      hidden !== null ||
      (known &&
        scope.routesHttp(port) &&
        possibleRoutes(mesh, workload, named).every(table => table.choice !== null))
    if (!routed)
      return single(
        summarise(
          visible ? hiddenVerdicts(mesh, workload, target) : clusterVerdicts(mesh, workload, target, null),
          bare,
        ),
      )
  } else if (!known && hidden === null) return throughRoutes(mesh, workload, client, target)
  return throughRoutes(mesh, workload, client, named, target)
}

interface Summary {
  readonly outcome: Outcome
  readonly facts: readonly Fact[]
}

function single({outcome, facts}: Summary): Judgement {
  return {outcome, paths: [], facts}
}

function outliersOf(
  mesh: Mesh,
  client: Client,
  server: Server,
  subset: string | null,
): OutlierDetection | null {
  if (client.of === null) return null
  return (
    mesh.destinationRule(client.of, server.service)?.policy(server.port.port, subset)?.policy
      .outlierDetection ?? null
  )
}

/**
 * Where the order of rival VirtualServices is not known, an outcome that all of them share holds all the same
 * (decisions 11).
 */
function throughRoutes(
  mesh: Mesh,
  workload: Workload,
  client: Client,
  server: Server,
  called = server,
  claims?: Claims,
): Judgement {
  const judged = possibleRoutes(mesh, workload, server, claims).map(table =>
    throughTable(mesh, client, server, called, table),
  )
  const [first, ...others] = judged
  if (first === undefined) return single(summarise([], bare))
  if (others.every(other => sameOutcome(first, other))) return first
  const message = 'which VirtualService is older decides, and these manifests carry no age'
  return {
    outcome: {
      ...first.outcome,
      result: 'unknown',
      transport: 'unknown',
      failure: null,
      failingShare: 0,
      cause: 'rival-policies-without-age',
      unknownBecause: [{cause: 'rival-policies-without-age', message}],
    },
    paths: [],
    facts: judged.flatMap(one => one.facts),
  }
}

function sameOutcome(a: Judgement, b: Judgement): boolean {
  return JSON.stringify([a.outcome, a.paths]) === JSON.stringify([b.outcome, b.paths])
}

function throughTable(
  mesh: Mesh,
  client: Client,
  server: Server,
  called: Server,
  table: RouteTable,
): Judgement {
  const judged = table.routes.map(route => ({
    route,
    summary: judgeRoute(mesh, client, server, called, route),
  }))
  const catchAll = judged.find(({route}) => route.catchAll)
  const paths = judged.flatMap(({route, summary}) => pathsOf(route, summary))
  if (catchAll === undefined) {
    const http = mayBeHttp(server.port.protocol)
    const missing = fact(
      `no route matches every request: the rest ${http ? 'gets 404' : 'is reset'}`,
      table.choice?.virtualService ?? null,
      ['spec', http ? 'http' : 'tcp'],
    )
    const outcome: Outcome = {
      ...bare,
      result: 'fails',
      failingShare: 1,
      transport: 'none',
      failure: http ? '404 NR' : 'connection reset',
      cause: 'no-route',
      unknownBecause: [],
    }
    return {outcome, paths, facts: [...table.facts, missing]}
  }
  const simple =
    judged.length === 1 && (catchAll.route.object === null || catchAll.route.destinations.length <= 1)
  return {
    outcome: catchAll.summary.outcome,
    paths: simple && catchAll.route.destinations.every(one => one.subset === null) ? [] : paths,
    facts: [...table.facts, ...catchAll.summary.facts],
  }
}

function judgeRoute(mesh: Mesh, client: Client, server: Server, called: Server, route: Route): Summary {
  const resilience: Resilience = {
    ...bare,
    timeout: route.timeout,
    retries: route.retries,
    faults: route.faults,
  }
  if (route.redirect || route.directResponse !== null) {
    return {
      outcome: {
        ...resilience,
        result: 'ok',
        failingShare: 0,
        transport: 'none',
        failure: null,
        cause: null,
        unknownBecause: [],
      },
      facts: [],
    }
  }
  const total = route.destinations.reduce((sum, one) => sum + one.weight, 0)
  const verdicts = route.destinations.flatMap(destination => {
    const share = total > 0 ? destination.weight / total : 1 / route.destinations.length
    return share === 0
      ? []
      : scaled(destinationVerdicts(mesh, client, server, called, destination, route), share)
  })
  const first = route.destinations[0]
  const outlierDetection =
    first === undefined
      ? null
      : outliersOf(
          mesh,
          client,
          destinationServer(mesh, client, server, first, route) ?? server,
          first.subset,
        )
  return summarise(verdicts, {...resilience, outlierDetection})
}

type Destination = Route['destinations'][number]

/** The service and port a destination means: its own port, else the service's only one, else the one called. */
function destinationServer(
  mesh: Mesh,
  client: Client,
  server: Server,
  destination: Destination,
  route: Route,
): Server | null {
  const service =
    destination.host === server.service.host
      ? server.service
      : mesh.host(destination.host, route.object?.id.namespace ?? server.service.namespace)
  if (service === null) return null
  const wanted = destination.port ?? (service.ports.length === 1 ? service.ports[0]?.port : server.port.port)
  const port = service.ports.find(one => one.port === wanted)
  if (route.object === null) return aliased(mesh, server) ?? server
  if (service.type === 'ExternalName')
    return destinationAliased(mesh, client, service, server.port.port, wanted)
  return port === undefined ? null : {service, port}
}

/**
 * Another name for a service stands for it only where it has the port that is called; which port it leads to is asked
 * of the service itself (istio pilot/pkg/networking/core/route/route.go GetDestinationCluster).
 */
function destinationAliased(
  mesh: Mesh,
  client: Client,
  service: Service,
  called: number,
  wanted: number | undefined,
): Server | null {
  const own = service.ports.find(one => one.port === called)
  const known = client.of === null || knowsName(mesh, client.of, service, called)
  if (own === undefined || !known) return null
  const target = aliasedFor(mesh, client, {service, port: own})
  if (target === null) return {service, port: own}
  const port = target.service.ports.find(one => one.port === wanted)
  return port === undefined ? null : {service: target.service, port}
}

function destinationVerdicts(
  mesh: Mesh,
  client: Client,
  server: Server,
  called: Server,
  destination: Destination,
  route: Route,
): readonly Verdict[] {
  const why = (text: string): Fact => fact(text, route.object, destination.path)
  const http = mayBeHttp(server.port.protocol)
  const target = destinationServer(mesh, client, server, destination, route)
  if (target === null || client.of === null) {
    const known =
      mesh.host(destination.host, route.object?.id.namespace ?? '') !== null || mesh.complete('Service')
    const text = `the route sends to ${destination.host}${destination.port === null ? '' : `:${destination.port}`}, which ${known ? 'does not exist' : 'is not in the input'}`
    return [
      known
        ? missing(http, 'route-destination-unknown', why(text))
        : open('route-destination-unknown', why(text)),
    ]
  }
  if (!hasCluster(mesh, client.of, target.service, target.port.port)) {
    return [
      missing(
        http,
        'service-hidden-by-sidecar',
        why(`the client's proxy has no cluster for ${target.service.host}`),
      ),
    ]
  }
  const {subset} = destination
  if (subset !== null) {
    const choice = mesh.destinationRule(client.of, target.service)
    if (choice === null && !mesh.complete('DestinationRule'))
      return [
        open(
          'subset-unknown',
          why(`no DestinationRule in the input defines subset ${subset} of ${target.service.host}`),
        ),
      ]
    if (choice?.subsets.some(one => one.name === subset) !== true)
      return [
        missing(
          http,
          'subset-unknown',
          why(
            `the DestinationRule that counts for this client defines no subset ${subset} of ${target.service.host}`,
          ),
        ),
      ]
  }
  return routedVerdicts(mesh, client.of, target, subset, called)
}

/** A connection that is no HTTP can't be answered, only closed. */
function missing(
  http: boolean,
  cause: 'route-destination-unknown' | 'service-hidden-by-sidecar' | 'subset-unknown',
  why: Fact,
): Verdict {
  return {
    result: 'fails',
    transport: 'none',
    failure: http ? '503 NC' : 'connection reset',
    cause,
    unknown: null,
    facts: [why],
    weight: 1,
  }
}

function open(cause: 'route-destination-unknown' | 'subset-unknown', why: Fact): Verdict {
  return {
    result: 'unknown',
    transport: 'unknown',
    failure: null,
    cause,
    unknown: {cause, message: why.text},
    facts: [why],
    weight: 1,
  }
}

function scaled(verdicts: readonly Verdict[], share: number): readonly Verdict[] {
  const total = verdicts.reduce((sum, verdict) => sum + verdict.weight, 0)
  return verdicts.map(verdict => ({...verdict, weight: (verdict.weight / total) * share}))
}

function pathsOf(route: Route, {outcome}: Summary): readonly OutcomePath[] {
  const [first] = route.destinations
  if (route.destinations.length <= 1)
    return [
      {...outcome, match: route.match, subset: first?.subset ?? null, host: first?.host ?? null, weight: 100},
    ]
  return route.destinations.map(({subset, host, weight}) => ({
    ...outcome,
    match: route.match,
    subset,
    host,
    weight,
  }))
}

/** Folds verdicts into one outcome; failing shares are weighed, a doubt on any endpoint is kept. */
function summarise(verdicts: readonly Verdict[], resilience: Resilience): Summary {
  const total = verdicts.reduce((sum, verdict) => sum + verdict.weight, 0)
  const failing = verdicts.filter(verdict => verdict.result === 'fails')
  const doubtful = verdicts.filter(verdict => verdict.result === 'unknown')
  const failingShare = total === 0 ? 0 : failing.reduce((sum, verdict) => sum + verdict.weight, 0) / total
  const decisive = failing[0] ?? doubtful[0] ?? verdicts[0]
  const all = failing.length === verdicts.length
  const result =
    doubtful.length > 0 && !all ? 'unknown' : failing.length === 0 ? 'ok' : all ? 'fails' : 'mixed'
  const outcome: Outcome = {
    ...resilience,
    result,
    failingShare: round(failingShare),
    transport: commonTransport(verdicts),
    failure: result === 'fails' || result === 'mixed' ? (decisive?.failure ?? null) : null,
    cause: result === 'ok' ? null : (decisive?.cause ?? null),
    unknownBecause: distinct(
      doubtful.flatMap(verdict => (verdict.unknown === null ? [] : [verdict.unknown])),
    ),
  }
  return {outcome, facts: decisive?.facts ?? []}
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000
}

function commonTransport(verdicts: readonly Verdict[]): Transport {
  const used = new Set(
    verdicts.filter(verdict => verdict.result !== 'fails').map(verdict => verdict.transport),
  )
  const [only] = used
  return only === undefined ? 'none' : used.size === 1 ? only : 'mixed'
}

function distinct<Item extends {readonly message: string}>(items: readonly Item[]): readonly Item[] {
  return items.filter((item, index) => items.findIndex(one => one.message === item.message) === index)
}
