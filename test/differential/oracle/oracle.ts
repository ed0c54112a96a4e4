import type {Json, JsonObject} from '../../../src/objects/object.ts'
import {isRecord, list, number, record, records, text} from '../../../src/objects/json.ts'
import type {Speech} from '../generate/ports.ts'
import {
  asHttp,
  bare,
  chainFor,
  demandsMtls,
  endpointsOf,
  httpManager,
  httpTarget,
  inboundListener,
  outboundListener,
  tcpProxy,
  tcpTarget,
  waitsForClient,
  wireTo,
} from './envoy.ts'
import type {ProxyView, Target, Wire} from './envoy.ts'
import {admits, enforcedRules, matchesText} from './rbac.ts'

/** What a call would meet, read from nothing but the pods as injected and the configuration that istiod gives both sides. */
export interface OracleOutcome {
  readonly result: 'ok' | 'fails' | 'mixed'
  readonly failingShare: number
  readonly transport: string
  /** `refused` where a connection ends without an answer of a proxy. */
  readonly failure: string | null
  /** All of them, where pods refuse in different ways. */
  readonly failures: readonly string[]
  readonly why: readonly string[]
}

/** A pod as the cluster has it, with what istiod gives its proxy if it has one. */
export interface OraclePod {
  readonly name: string
  readonly ip: string
  readonly value: JsonObject
  readonly view: ProxyView | null
}

/** A call of a host and port, as the network and the name service of the cluster know it. */
export interface OracleCall {
  readonly host: string
  readonly port: number
  readonly speaks: Speech
  /** Whether HTTP is spoken on a port that is declared as TCP: then an answer is as good as an end. */
  readonly masked: boolean
  /** What the name resolves to: a cluster address, the pods' own for a headless Service, or somewhere outside. */
  readonly addresses: readonly string[]
  /** Where kube-proxy sends what goes to the cluster address. */
  readonly behind: readonly {readonly address: string; readonly port: number}[]
}

interface Arrival {
  readonly share: number
  readonly ok: boolean
  readonly transport: string
  readonly failure: string | null
  readonly why: string
}

/** Where a name leads of which no address is known. */
export const outside = '240.240.0.9'

/** A call on its way: who makes it, to which address, and the part of the proxy that reads it as HTTP, if one does. */
interface Way {
  readonly client: OraclePod
  readonly call: OracleCall
  readonly address: string
  readonly manager: JsonObject | null
}

export class Oracle {
  readonly #pods: ReadonlyMap<string, OraclePod>

  constructor(pods: readonly OraclePod[]) {
    this.#pods = new Map(pods.map(pod => [pod.ip, pod]))
  }

  /** Null where the call goes past all clusters to a name that nothing resolves to pods. */
  outcome(client: OraclePod, call: OracleCall): OracleOutcome | null {
    const share = 1 / call.addresses.length
    const arrivals = call.addresses.flatMap(address =>
      scaled(this.#dial({client, call, address, manager: null}), share),
    )
    const lost =
      call.addresses.some(isElsewhere) && arrivals.some(one => one.why.startsWith('passed through'))
    return lost ? null : fold(arrivals, call.masked)
  }

  #dial(way: Way): readonly Arrival[] {
    const {client, call, address} = way
    if (client.view === null || bypasses(client, 'outbound', call.port))
      return this.#direct(way, 'past the proxy')
    const listener = outboundListener(client.view, address, call.port)
    if (listener !== undefined && call.speaks === 'server-first' && waitsForClient(listener, call.port))
      return [refused("the client's proxy waits for it to speak")]
    const tls = call.speaks === 'tls'
    const connection = {
      address,
      port: call.port,
      tls,
      alpn: tls ? applicationTls : [],
      sni: tls ? call.host : null,
      http: call.speaks === 'http',
    }
    const chain = listener === undefined ? undefined : chainFor(listener, connection)
    if (chain === undefined) return [refused('no filter chain of the client takes it')]
    const manager = httpManager(chain)
    const proxy = tcpProxy(chain)
    const host = call.port === 80 ? call.host : `${call.host}:${call.port}`
    if (manager !== undefined && call.speaks === 'http')
      return this.#follow({...way, manager}, client.view, httpTarget(client.view, manager, host))
    if (manager !== undefined) return [refused('no HTTP to an HTTP chain of the client')]
    return proxy === undefined
      ? [refused('a chain without a proxy')]
      : this.#follow(way, client.view, tcpTarget(proxy))
  }

  #follow(way: Way, view: ProxyView, target: Target): readonly Arrival[] {
    if ('answer' in target) {
      const failure = target.answer === 404 ? '404 NR' : String(target.answer)
      const ok = target.answer < 400
      const why = `the client's proxy answers ${target.answer}`
      return [{share: 1, ok, transport: 'none', failure: ok ? null : failure, why}]
    }
    return target.flatMap(({cluster, share}) =>
      share === 0 ? [] : scaled(this.#toCluster(way, view, cluster), share),
    )
  }

  #toCluster(way: Way, view: ProxyView, name: string): readonly Arrival[] {
    if (name === 'BlackHoleCluster') return [refused('the black hole')]
    if (name === 'PassthroughCluster') return this.#direct(way, 'passed through')
    const cluster = view.clusters.get(name)
    const answered = (failure: string): string => (way.manager === null ? 'refused' : failure)
    if (cluster === undefined)
      return [{...refused(`there is no cluster ${name}`), failure: answered('503 NC')}]
    const endpoints = endpointsOf(view, cluster)
    if (endpoints === null) return this.#original(way, cluster)
    if (endpoints.length === 0)
      return [{...refused(`cluster ${name} has no endpoint`), failure: answered('503 UH')}]
    return endpoints.map(endpoint => ({
      ...this.#arrive(way, wireTo(cluster, endpoint), endpoint.address, endpoint.port, name),
      share: 1 / endpoints.length,
    }))
  }

  /** A cluster without endpoints of its own connects to where the client wanted to go. */
  #original(way: Way, cluster: JsonObject): readonly Arrival[] {
    const wire = wireTo(cluster, null)
    const name = text(cluster['name']) ?? ''
    return this.#reached(way).map((one, _, all) => ({
      ...this.#arrive(way, wire, one.address, one.port, name),
      share: 1 / all.length,
    }))
  }

  #direct(way: Way, why: string): readonly Arrival[] {
    const reached = this.#reached(way)
    return reached.map(one => ({
      ...this.#arrive(way, bare, one.address, one.port, why),
      share: 1 / reached.length,
    }))
  }

  #reached({call, address}: Way): OracleCall['behind'] {
    return this.#pods.has(address) || call.behind.length === 0 ? [{address, port: call.port}] : call.behind
  }

  #arrive(way: Way, plain: Wire, address: string, port: number, why: string): Arrival {
    const {speaks} = way.call
    const wire = way.manager === null ? plain : asHttp(plain)
    const pod = this.#pods.get(address)
    // What the mesh sends as it comes may be TLS of the application's own.
    const transport = wire.kind === 'plaintext' && speaks === 'tls' ? 'tls' : wire.kind
    const arrival = (ok: boolean, text: string, failure = 'refused'): Arrival => ({
      share: 1,
      ok,
      transport,
      failure: ok ? null : failure,
      why: `${why}: ${wire.kind} to ${pod?.name ?? address}:${port}: ${text}`,
    })
    if (pod === undefined) return arrival(isAnswered(way, wire, address), 'outside')
    const application = (): Arrival => {
      if (!listens(pod, port)) return arrival(false, 'nothing listens there')
      return arrival(wire.kind !== 'mtls', 'the application itself')
    }
    if (wire.kind === 'mtls' && !isAccepted(wire, pod)) return arrival(false, 'its identity is another')
    if (pod.view === null || bypasses(pod, 'inbound', port)) return application()
    const listener = inboundListener(pod.view)
    if (listener === undefined) return arrival(false, 'no inbound listener')
    if (wire.kind === 'plaintext' && speaks === 'server-first' && waitsForClient(listener, port))
      return arrival(false, 'its proxy waits for the client to speak')
    const chain = chainFor(listener, {
      address,
      port,
      tls: transport !== 'plaintext',
      alpn: transport === 'tls' && wire.kind === 'plaintext' ? applicationTls : wire.alpn,
      sni: wire.kind === 'plaintext' ? way.call.host : wire.sni,
      http: speaks === 'http',
    })
    if (chain === undefined) return arrival(false, 'no chain takes it')
    const name = text(chain['name']) ?? ''
    const manager = httpManager(chain)
    if (demandsMtls(chain) !== (wire.kind === 'mtls') || transport === 'tls') {
      // A chain without TLS hands the bytes on: to HTTP they are an error, to a TCP application TLS as it was sent.
      const through = transport === 'tls' && !demandsMtls(chain) && manager === undefined
      if (!through) return arrival(false, `chain ${name} does not take it`)
      return admitted(chain, {identity: null, port}) ? application() : arrival(false, 'not authorized')
    }
    const peer = {identity: wire.kind === 'mtls' ? identityOf(way.client) : null, port}
    if (!admitted(chain, peer)) return arrival(false, 'not authorized')
    if (manager !== undefined && !enforcedRules(manager['http_filters']).every(one => admits(one, peer)))
      return arrival(false, 'not authorized', way.manager === null && speaks !== 'http' ? 'refused' : '403')
    // Whether what goes to a port declared TCP is HTTP, where a route leads it to an HTTP port, is the application's affair.
    return listens(pod, port) ? arrival(true, `chain ${name}`) : arrival(false, 'nothing listens there')
  }
}

/** What an application's own TLS offers. */
const applicationTls: readonly string[] = ['http/1.1']

/** Addresses outside answer whatever is not of this mesh; nobody is behind those of a Service without pods. */
function isAnswered({call}: Way, wire: Wire, address: string): boolean {
  const nobody = call.behind.length === 0 && call.addresses.includes(address) && !isElsewhere(address)
  return wire.kind !== 'mtls' && !nobody
}

function isElsewhere(address: string): boolean {
  return address === outside || address.startsWith('203.0.113.')
}

function admitted(chain: JsonObject, peer: {identity: string | null; port: number}): boolean {
  return enforcedRules(chain['filters']).every(rules => admits(rules, peer))
}

function identityOf({value}: OraclePod): string {
  const account = text(record(value['spec'])['serviceAccountName']) ?? 'default'
  const namespace = text(record(value['metadata'])['namespace']) ?? ''
  return `spiffe://cluster.local/ns/${namespace}/sa/${account}`
}

function isAccepted(wire: Wire, pod: OraclePod): boolean {
  return wire.accepted.length === 0 || wire.accepted.some(one => matchesText(one, identityOf(pod)))
}

function refused(why: string): Arrival {
  return {share: 1, ok: false, transport: 'none', failure: 'refused', why}
}

function scaled(arrivals: readonly Arrival[], share: number): readonly Arrival[] {
  return arrivals.map(arrival => ({...arrival, share: arrival.share * share}))
}

function fold(arrivals: readonly Arrival[], masked: boolean): OracleOutcome {
  const failing = arrivals.filter(one => !one.ok)
  const failingShare = failing.reduce((sum, one) => sum + one.share, 0)
  const transports = new Set(arrivals.filter(one => one.ok).map(one => one.transport))
  const [only = 'none'] = transports
  return {
    result: failing.length === 0 ? 'ok' : failing.length === arrivals.length ? 'fails' : 'mixed',
    failingShare: Math.round(failingShare * 10_000) / 10_000,
    transport: transports.size > 1 ? 'mixed' : only,
    failure: failing[0]?.failure ?? null,
    failures: [
      ...new Set(failing.flatMap(one => [one.failure ?? [], masked ? ['refused', '403'] : []].flat())),
    ],
    why: arrivals.map(one => one.why),
  }
}

function listens(pod: OraclePod, port: number): boolean {
  return records(record(pod.value['spec'])['containers']).some(
    container =>
      container['name'] !== 'istio-proxy' &&
      records(container['ports']).some(one => number(one['containerPort']) === port),
  )
}

/** What the pod's iptables leave out, by the arguments that the injector gave to istio-init. */
function bypasses(pod: OraclePod, direction: 'inbound' | 'outbound', port: number): boolean {
  const init = records(record(pod.value['spec'])['initContainers']).find(
    container => container['name'] === 'istio-init',
  )
  const args = list(init?.['args']).filter(one => typeof one === 'string')
  const valueOf = (option: string): string => {
    const position = args.indexOf(option)
    return position < 0 ? '' : (args[position + 1] ?? '')
  }
  const ports = (option: string): readonly string[] => valueOf(option).split(',').filter(Boolean)
  if (direction === 'outbound')
    return ports('-o').includes(String(port)) || valueOf('-i') === '' || ports('-x').includes('0.0.0.0/0')
  const included = valueOf('-b')
  return (
    ports('-d').includes(String(port)) || (included !== '*' && !included.split(',').includes(String(port)))
  )
}

/** Whether istiod injected a proxy into the pod. */
export function isInjected(pod: JsonObject): boolean {
  const spec = record(pod['spec'])
  return [...list(spec['containers']), ...list(spec['initContainers'])].some(
    (container: Json) => isRecord(container) && container['name'] === 'istio-proxy',
  )
}
