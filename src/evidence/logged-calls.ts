import type {Entry, LineReader} from './log-format.ts'

/** Calls of one kind from one address to one port of a server's pod. */
export interface LoggedCalls {
  readonly address: string
  /** The address is what a header said (`x-forwarded-for`), and not where the connection came from. */
  readonly forwarded: boolean
  /** The pod's port. */
  readonly port: number
  /** `tls`: neither plaintext nor the mesh's own TLS. */
  readonly transport: 'plaintext' | 'mtls' | 'tls'
  /** No filter chain took it: it failed, and is no call that works today. */
  readonly refused: boolean
  readonly requests: number
  /** What callers said of themselves (User-Agent), a few of them. */
  readonly agents: readonly string[]
}

const mostAgents = 3

/** Counts the calls that a pod's proxy wrote down; lines of another kind (the agent's own, outbound calls) are passed over. */
export function countCalls(
  log: string,
  read: LineReader,
  podAddresses: readonly string[],
): readonly LoggedCalls[] {
  const counted = new Map<string, LoggedCalls>()
  for (const line of log.split('\n')) {
    const entry = read(line)
    const call = entry === null ? null : callOf(entry, podAddresses)
    if (call === null) continue
    const key = JSON.stringify([call.address, call.forwarded, call.port, call.transport, call.refused])
    const known = counted.get(key)
    counted.set(key, known === undefined ? call : joined(known, call))
  }
  return [...counted.values()]
}

function joined(known: LoggedCalls, more: LoggedCalls): LoggedCalls {
  return {
    ...known,
    requests: known.requests + more.requests,
    agents: [...new Set([...known.agents, ...more.agents])].slice(0, mostAgents),
  }
}

function callOf(entry: Entry, podAddresses: readonly string[]): LoggedCalls | null {
  const local = placeOf(entry.get('DOWNSTREAM_LOCAL_ADDRESS'))
  const direct = placeOf(entry.get('DOWNSTREAM_DIRECT_REMOTE_ADDRESS'))
  const remote = direct ?? placeOf(entry.get('DOWNSTREAM_REMOTE_ADDRESS'))
  if (local === null || remote === null || !isInbound(entry, local, remote, podAddresses)) return null
  const agent = entry.get('REQ(USER-AGENT)')
  return {
    address: remote.address,
    // An address from x-forwarded-for has no port: Envoy takes it for the client's, whoever sent the header, since
    // inbound listeners of sidecars do not use the remote address (istio pilot listener_builder.go, useRemoteAddress).
    forwarded: remote.port === 0,
    port: local.port,
    transport: transportOf(entry),
    refused: (entry.get('RESPONSE_FLAGS') ?? '').split(',').includes('NR') && clusterOf(entry) === undefined,
    requests: 1,
    agents: agent === undefined ? [] : [agent],
  }
}

interface Place {
  readonly address: string
  readonly port: number
}

/** `10.0.0.7:8080`, `[fd00::7]:8080`. */
function placeOf(written: string | undefined): Place | null {
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(written ?? '') ?? []
  const address = six ?? four
  return address === undefined ? null : {address, port: Number(port)}
}

function clusterOf(entry: Entry): string | undefined {
  return entry.get('UPSTREAM_CLUSTER_RAW') ?? entry.get('UPSTREAM_CLUSTER')
}

/** One log has both directions. A call that was refused has no cluster: it came in if it is for the pod's own address. */
function isInbound(entry: Entry, local: Place, remote: Place, podAddresses: readonly string[]): boolean {
  const cluster = clusterOf(entry)
  if (cluster !== undefined) return cluster.startsWith('inbound|') || cluster.startsWith('InboundPassthrough')
  return podAddresses.includes(local.address) && !podAddresses.includes(remote.address)
}

/** Every proxy of the mesh names the cluster that it sends to as the server of its TLS (`outbound_.80_._.host`). */
function transportOf(entry: Entry): LoggedCalls['transport'] {
  const name = entry.get('REQUESTED_SERVER_NAME')
  if (entry.has('DOWNSTREAM_PEER_URI_SAN') || /^outbound_?[|.]/.test(name ?? '')) return 'mtls'
  return name === undefined && !entry.has('DOWNSTREAM_TLS_VERSION') ? 'plaintext' : 'tls'
}
