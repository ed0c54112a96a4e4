import type {Json, JsonObject} from '../../../src/objects/object.ts'
import {isRecord, list, number, record, records, text} from '../../../src/objects/json.ts'
import {
  chainFor,
  demandsMtls,
  endpointsOf,
  httpManager,
  httpTarget,
  inboundListener,
  outboundListener,
  tcpProxy,
  tcpTarget,
  wireTo,
} from './envoy.ts'
import type {ProxyView, Target, Wire} from './envoy.ts'

/** What a call would meet, read from nothing but the pods as injected and the configuration that istiod gives both sides. */
export interface OracleOutcome {
  readonly result: 'ok' | 'fails' | 'mixed'
  readonly failingShare: number
  readonly transport: string
  /** `refused` where a connection ends without an answer of the client's proxy. */
  readonly failure: string | null
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
  readonly http: boolean
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

export class Oracle {
  readonly #pods: ReadonlyMap<string, OraclePod>

  constructor(pods: readonly OraclePod[]) {
    this.#pods = new Map(pods.map(pod => [pod.ip, pod]))
  }

  /** Null where the call goes past all clusters to a name that nothing resolves to pods. */
  outcome(client: OraclePod, call: OracleCall): OracleOutcome | null {
    const share = 1 / call.addresses.length
    const arrivals = call.addresses.flatMap(address => scaled(this.#dial(client, call, address), share))
    const lost =
      call.addresses.includes(outside) && arrivals.some(one => one.why.startsWith('passed through'))
    return lost ? null : fold(arrivals)
  }

  #dial(client: OraclePod, call: OracleCall, address: string): readonly Arrival[] {
    if (client.view === null || bypasses(client, 'outbound', call.port))
      return this.#direct(call, address, 'past the proxy')
    const listener = outboundListener(client.view, address, call.port)
    const chain =
      listener === undefined
        ? undefined
        : chainFor(listener, {address, port: call.port, tls: false, alpn: [], http: call.http})
    if (chain === undefined) return [refused('no filter chain of the client takes it')]
    const manager = httpManager(chain)
    const proxy = tcpProxy(chain)
    const host = call.port === 80 ? call.host : `${call.host}:${call.port}`
    if (manager !== undefined && call.http)
      return this.#follow(client.view, httpTarget(client.view, manager, host), call, address)
    if (manager !== undefined) return [refused('TCP to an HTTP chain of the client')]
    return proxy === undefined
      ? [refused('a chain without a proxy')]
      : this.#follow(client.view, tcpTarget(proxy), call, address)
  }

  #follow(view: ProxyView, target: Target, call: OracleCall, address: string): readonly Arrival[] {
    if ('answer' in target) {
      const failure = target.answer === 404 ? '404 NR' : String(target.answer)
      const ok = target.answer < 400
      return [
        {
          share: 1,
          ok,
          transport: 'none',
          failure: ok ? null : failure,
          why: `the client's proxy answers ${target.answer}`,
        },
      ]
    }
    return target.flatMap(({cluster, share}) =>
      share === 0 ? [] : scaled(this.#toCluster(view, cluster, call, address), share),
    )
  }

  #toCluster(view: ProxyView, name: string, call: OracleCall, address: string): readonly Arrival[] {
    if (name === 'BlackHoleCluster') return [refused('the black hole')]
    if (name === 'PassthroughCluster') return this.#direct(call, address, 'passed through')
    const cluster = view.clusters.get(name)
    if (cluster === undefined)
      return [{...refused(`there is no cluster ${name}`), failure: call.http ? '503 NC' : 'refused'}]
    const endpoints = endpointsOf(view, cluster)
    if (endpoints === null) return this.#original(cluster, call, address)
    if (endpoints.length === 0)
      return [{...refused(`cluster ${name} has no endpoint`), failure: call.http ? '503 UH' : 'refused'}]
    return endpoints.map(endpoint => ({
      ...this.#arrive(wireTo(cluster, endpoint), endpoint.address, endpoint.port, call.http, name),
      share: 1 / endpoints.length,
    }))
  }

  /** A cluster without endpoints of its own connects to where the client wanted to go. */
  #original(cluster: JsonObject, call: OracleCall, address: string): readonly Arrival[] {
    const wire = wireTo(cluster, null)
    const name = text(cluster['name']) ?? ''
    return this.#reached(call, address).map((one, _, all) => ({
      ...this.#arrive(wire, one.address, one.port, call.http, name),
      share: 1 / all.length,
    }))
  }

  #direct(call: OracleCall, address: string, why: string): readonly Arrival[] {
    const reached = this.#reached(call, address)
    if (reached.length === 0) return [refused('nobody is behind the address')]
    return reached.map(one => ({
      ...this.#arrive({kind: 'plaintext', alpn: []}, one.address, one.port, call.http, why),
      share: 1 / reached.length,
    }))
  }

  #reached(call: OracleCall, address: string): OracleCall['behind'] {
    return this.#pods.has(address) || call.behind.length === 0 ? [{address, port: call.port}] : call.behind
  }

  #arrive(wire: Wire, address: string, port: number, http: boolean, why: string): Arrival {
    const pod = this.#pods.get(address)
    const arrival = (ok: boolean, text: string): Arrival => ({
      share: 1,
      ok,
      transport: wire.kind,
      failure: ok ? null : 'refused',
      why: `${why}: ${wire.kind} to ${pod?.name ?? address}:${port}: ${text}`,
    })
    if (pod === undefined) return arrival(wire.kind !== 'mtls', 'outside')
    const application = (): Arrival => {
      if (!listens(pod, port)) return arrival(false, 'nothing listens there')
      return arrival(wire.kind !== 'mtls', 'the application itself')
    }
    if (pod.view === null || bypasses(pod, 'inbound', port)) return application()
    const listener = inboundListener(pod.view)
    const chain =
      listener === undefined
        ? undefined
        : chainFor(listener, {address, port, tls: wire.kind !== 'plaintext', alpn: wire.alpn, http})
    if (chain === undefined) return arrival(false, 'no chain takes it')
    const name = text(chain['name']) ?? ''
    if (demandsMtls(chain) !== (wire.kind === 'mtls') || wire.kind === 'tls') {
      // A chain without TLS hands the bytes on: to HTTP they are an error, to a TCP application TLS as it was sent.
      const through = wire.kind === 'tls' && !demandsMtls(chain) && httpManager(chain) === undefined
      return through ? application() : arrival(false, `chain ${name} does not take it`)
    }
    // Whether what goes to a port declared TCP is HTTP, where a route leads it to an HTTP port, is the application's affair.
    return listens(pod, port) ? arrival(true, `chain ${name}`) : arrival(false, 'nothing listens there')
  }
}

function refused(why: string): Arrival {
  return {share: 1, ok: false, transport: 'none', failure: 'refused', why}
}

function scaled(arrivals: readonly Arrival[], share: number): readonly Arrival[] {
  return arrivals.map(arrival => ({...arrival, share: arrival.share * share}))
}

function fold(arrivals: readonly Arrival[]): OracleOutcome {
  const failing = arrivals.filter(one => !one.ok)
  const failingShare = failing.reduce((sum, one) => sum + one.share, 0)
  const transports = new Set(arrivals.filter(one => one.ok).map(one => one.transport))
  const [only = 'none'] = transports
  return {
    result: failing.length === 0 ? 'ok' : failing.length === arrivals.length ? 'fails' : 'mixed',
    failingShare: Math.round(failingShare * 10_000) / 10_000,
    transport: transports.size > 1 ? 'mixed' : only,
    failure: failing[0]?.failure ?? null,
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
