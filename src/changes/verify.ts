import type {Evidence, ProxyEvidence} from '../evidence/gather.ts'
import {countersOf} from '../evidence/traffic.ts'
import type {Counters} from '../evidence/traffic.ts'
import {compareDurations} from '../mesh/durations.ts'
import type {Mesh, Service} from '../mesh/mesh.ts'
import type {Expectation} from '../stages/stage.ts'

/** Whether one expectation holds on the live mesh, and by what. */
export interface Check {
  readonly expectation: Expectation
  readonly state: 'proven' | 'refuted' | 'inconclusive'
  readonly evidence: readonly string[]
}

export interface Verification {
  readonly verified: 'proven' | 'refuted' | 'inconclusive'
  readonly checks: readonly Check[]
  readonly seconds: number
  readonly requests: number
  readonly missing: readonly string[]
}

/**
 * Holds expectations against evidence. What contradicts one refutes the whole; what no traffic went through in the
 * window stays inconclusive, which is no failure: the step stays, and `verify` can close it later.
 */
export function verifyExpectations(
  mesh: Mesh,
  expectations: readonly Expectation[],
  evidence: Evidence,
): Verification {
  const checks = expectations.map(expectation => check(mesh, expectation, evidence))
  const states = new Set(checks.map(one => one.state))
  return {
    verified: states.has('refuted')
      ? 'refuted'
      : states.has('inconclusive') || checks.length === 0
        ? 'inconclusive'
        : 'proven',
    checks,
    seconds: evidence.seconds,
    requests: evidence.proxies.reduce(
      (sum, proxy) => sum + [...proxy.traffic.values()].reduce((all, one) => all + one.requests, 0),
      0,
    ),
    missing: evidence.missing,
  }
}

/** The `namespace/workload` of every proxy that has to be looked at for some expectations. */
export function workloadsToAsk(mesh: Mesh, expectations: readonly Expectation[]): readonly string[] {
  const names = expectations.flatMap((expectation): readonly string[] => {
    if ('workload' in expectation) return [`${expectation.namespace}/${expectation.workload}`]
    if ('client' in expectation) {
      const server = serverOf(mesh, expectation.server)
      return [
        expectation.client,
        ...(server === null ? [] : mesh.endpoints(server.service).map(one => `${one.namespace}/${one.name}`)),
      ]
    }
    return []
  })
  return [...new Set(names)]
}

function check(mesh: Mesh, expectation: Expectation, evidence: Evidence): Check {
  const answer = (state: Check['state'], ...told: readonly string[]): Check => ({
    expectation,
    state,
    evidence: told,
  })
  switch (expectation.check) {
    case 'object-exists': {
      const {kind, namespace, name} = expectation
      const exists = mesh
        .objects(kind)
        .some(object => object.id.namespace === namespace && object.id.name === name)
      return answer(
        exists ? 'proven' : 'refuted',
        `${kind} ${namespace}/${name} ${exists ? 'is' : 'is not'} in the cluster`,
      )
    }
    case 'injected': {
      const workload = mesh.workloads.find(
        one => one.namespace === expectation.namespace && one.name === expectation.workload,
      )
      if (workload === undefined || workload.pods.length === 0)
        return answer('inconclusive', `${expectation.namespace}/${expectation.workload} has no running pod`)
      const {inMesh, facts} = mesh.injection(workload)
      return answer(
        inMesh === true ? 'proven' : inMesh === false ? 'refuted' : 'inconclusive',
        ...facts.map(fact => fact.text),
      )
    }
    case 'server-mode':
      return serverMode(
        expectation,
        proxiesOf(evidence, `${expectation.namespace}/${expectation.workload}`),
        answer,
      )
    case 'edge-transport':
      return clientCheck(mesh, expectation, evidence, answer, edgeTransport)
    case 'route-timeout':
      return clientCheck(mesh, expectation, evidence, answer, routeTimeout)
    case 'outlier-detection':
      return clientCheck(mesh, expectation, evidence, answer, outlierDetection)
    case 'tracing-provider':
      return tracing(
        mesh,
        expectation,
        proxiesOf(evidence, `${expectation.namespace}/${expectation.workload}`),
        answer,
      )
  }
}

type Answer = (state: Check['state'], ...evidence: readonly string[]) => Check
type Of<Name extends Expectation['check']> = Extract<Expectation, {readonly check: Name}>

function proxiesOf(evidence: Evidence, name: string): readonly ProxyEvidence[] {
  return evidence.proxies.filter(proxy => `${proxy.namespace}/${proxy.workload}` === name)
}

interface ServerRef {
  readonly service: Service
  readonly port: number
}

function serverOf(mesh: Mesh, reference: string): ServerRef | null {
  const [place = '', port] = reference.split(':')
  const service = mesh.services.find(one => `${one.namespace}/${one.name}` === place)
  return service === undefined ? null : {service, port: Number(port)}
}

function serverMode(
  expectation: Of<'server-mode'>,
  proxies: readonly ProxyEvidence[],
  answer: Answer,
): Check {
  if (proxies.length === 0)
    return answer(
      'inconclusive',
      `no proxy of ${expectation.namespace}/${expectation.workload} could be asked`,
    )
  const wanted = {STRICT: [false, true], PERMISSIVE: [true, true], DISABLE: [true, false]}[expectation.mode]
  const wrong = proxies.flatMap(({pod, config}) => {
    const found = config.inbound.get(expectation.port)
    if (found === undefined) return [`${pod} has no listener chain for port ${expectation.port}`]
    return wanted !== undefined && (found.plaintext !== wanted[0] || found.mtls !== wanted[1])
      ? [`${pod} ${found.plaintext ? 'still takes' : 'refuses'} plaintext on port ${expectation.port}`]
      : []
  })
  return wrong.length > 0
    ? answer('refuted', ...wrong)
    : answer('proven', `${proxies.length} proxies are ${expectation.mode} on port ${expectation.port}`)
}

interface ClientFacts {
  readonly proxies: readonly ProxyEvidence[]
  readonly server: ServerRef
  /** The name of the cluster for a subset (`""` for none), as istiod builds it. */
  readonly cluster: (subset: string) => string
  /** Over every cluster of the service's port, subsets included. */
  readonly counters: Counters
}

type ClientExpectation = Of<'edge-transport'> | Of<'route-timeout'> | Of<'outlier-detection'>

function clientCheck<Wanted extends ClientExpectation>(
  mesh: Mesh,
  expectation: Wanted,
  evidence: Evidence,
  answer: Answer,
  judge: (expectation: Wanted, facts: ClientFacts, answer: Answer) => Check,
): Check {
  const server = serverOf(mesh, expectation.server)
  const proxies = proxiesOf(evidence, expectation.client)
  if (server === null || proxies.length === 0)
    return answer('inconclusive', `no proxy of ${expectation.client} could be asked`)
  const cluster = (subset: string): string => `outbound|${server.port}|${subset}|${server.service.host}`
  const names = [cluster(''), ...clustersOf(proxies, server)]
  const counters = [...new Set(names)].flatMap(name => proxies.map(proxy => countersOf(proxy.traffic, name)))
  return judge(expectation, {proxies, server, cluster, counters: sum(counters)}, answer)
}

function clustersOf(proxies: readonly ProxyEvidence[], {service, port}: ServerRef): readonly string[] {
  return proxies.flatMap(proxy =>
    [...proxy.config.clusters.keys()].filter(
      name => name.startsWith(`outbound|${port}|`) && name.endsWith(`|${service.host}`),
    ),
  )
}

function sum(all: readonly Counters[]): Counters {
  const of = (key: keyof Counters): number => all.reduce((total, one) => total + one[key], 0)
  return {
    requests: of('requests'),
    succeeded: of('succeeded'),
    failed: of('failed'),
    timedOut: of('timedOut'),
    connections: of('connections'),
    connectFailures: of('connectFailures'),
    ejected: of('ejected'),
  }
}

/** Configuration must agree, and requests must have gone through it: only both together prove. */
function withTraffic({counters}: ClientFacts, told: string, answer: Answer): Check {
  const seen = `${counters.requests} requests in the window, ${counters.succeeded} succeeded`
  if (counters.connectFailures > 0 && counters.succeeded === 0)
    return answer('refuted', told, seen, `${counters.connectFailures} connections failed`)
  return counters.requests > 0
    ? answer('proven', told, seen)
    : answer('inconclusive', told, 'no request in the window')
}

function edgeTransport(expectation: Of<'edge-transport'>, facts: ClientFacts, answer: Answer): Check {
  const used = clustersOf(facts.proxies, facts.server)
  const wrong = facts.proxies.flatMap(({pod, config}) =>
    used.flatMap(name => {
      const cluster = config.clusters.get(name)
      if (cluster === undefined) return []
      const sends =
        cluster.tls === 'match'
          ? cluster.endpoints.plaintext === 0
            ? 'mtls'
            : cluster.endpoints.mtls === 0
              ? 'plaintext'
              : 'mixed'
          : cluster.tls === 'none'
            ? 'plaintext'
            : cluster.tls
      return sends === expectation.transport ? [] : [`${pod} sends ${sends} to ${name}`]
    }),
  )
  if (wrong.length > 0) return answer('refuted', ...wrong)
  return withTraffic(
    facts,
    `${expectation.client} sends ${expectation.transport} to ${expectation.server}`,
    answer,
  )
}

function routeTimeout(expectation: Of<'route-timeout'>, facts: ClientFacts, answer: Answer): Check {
  const name = `${facts.server.service.host}:${facts.server.port}`
  const wrong = facts.proxies.flatMap(({pod, config}) => {
    const routes = (config.routes.get(name) ?? []).filter(route => route.catchAll)
    if (routes.length === 0) return [`${pod} has no catch-all route for ${name}`]
    return routes.flatMap(route =>
      route.timeout !== null && compareDurations(route.timeout, expectation.timeout) === 0
        ? []
        : [`${pod} has timeout ${route.timeout ?? 'none'} for ${name}`],
    )
  })
  if (wrong.length > 0) return answer('refuted', ...wrong)
  const cut = facts.counters.timedOut === 0 ? [] : [`${facts.counters.timedOut} requests were cut by it`]
  const found = withTraffic(
    facts,
    `${expectation.client} cuts requests to ${expectation.server} after ${expectation.timeout}`,
    answer,
  )
  return {...found, evidence: [...found.evidence, ...cut]}
}

function outlierDetection(expectation: Of<'outlier-detection'>, facts: ClientFacts, answer: Answer): Check {
  const missing = facts.proxies.filter(
    ({config}) => (config.clusters.get(facts.cluster(''))?.outlierDetection ?? null) === null,
  )
  if (missing.length > 0)
    return answer(
      'refuted',
      ...missing.map(({pod}) => `${pod} has no outlier detection for ${expectation.server}`),
    )
  const count = facts.counters.ejected
  const ejected =
    count === 0 ? [] : [count === 1 ? '1 endpoint is ejected now' : `${count} endpoints are ejected now`]
  const found = withTraffic(
    facts,
    `${expectation.client} watches the endpoints of ${expectation.server}`,
    answer,
  )
  return {...found, evidence: [...found.evidence, ...ejected]}
}

function tracing(
  mesh: Mesh,
  expectation: Of<'tracing-provider'>,
  proxies: readonly ProxyEvidence[],
  answer: Answer,
): Check {
  if (proxies.length === 0)
    return answer(
      'inconclusive',
      `no proxy of ${expectation.namespace}/${expectation.workload} could be asked`,
    )
  const provider = mesh.meshConfig.extensionProviders.find(one => one.name === expectation.provider)
  const host = provider?.service?.split('/').at(-1)
  const matches = (cluster: string): boolean =>
    host === undefined || host === null || cluster.endsWith(`|${host}`)
  const off = proxies.filter(({config}) => !config.tracing.some(matches))
  if (off.length > 0)
    return answer('refuted', ...off.map(({pod}) => `${pod} sends no spans to ${expectation.provider}`))
  const counters = sum(
    proxies.flatMap(({config, traffic}) =>
      config.tracing.filter(matches).map(cluster => countersOf(traffic, cluster)),
    ),
  )
  const told = `${proxies.length} proxies send spans to ${expectation.provider}`
  if (counters.succeeded > 0)
    return answer('proven', told, `${counters.succeeded} reports of spans arrived in the window`)
  if (counters.failed > 0 || counters.connectFailures > 0)
    return answer('refuted', told, 'the provider does not take them')
  return answer('inconclusive', told, 'no span was sent in the window')
}
