import type {Client, Edge, Knowledge, Mesh, Server} from '../mesh/mesh.ts'
import type {Judgement, Outcome} from '../mesh/outcome.ts'
import {equalJson} from './json-equality.ts'
import type {Json} from '../objects/object.ts'

/** An edge whose outcome changes. */
export interface ChangedEdge {
  readonly client: Client
  readonly server: Server
  readonly knowledge: Knowledge
  readonly before: Outcome
  readonly after: Outcome
}

/** What a change does to the edges of a mesh. */
export interface BlastRadius {
  readonly improved: readonly ChangedEdge[]
  readonly changed: readonly ChangedEdge[]
  readonly unchanged: number
  /** Edges of which it cannot be told what will happen on them. */
  readonly unknown: readonly ChangedEdge[]
  /** Edges that (may) work and will fail, wholly or in part. */
  readonly broken: readonly ChangedEdge[]
}

type Effect = Exclude<keyof BlastRadius, 'unchanged'>

/**
 * Compares the edges of two meshes by outcome: every known edge, and every possible one of callers outside the mesh of
 * whose calls nothing is known, since those alone can break unseen by mTLS (decisions 7).
 */
export function blastRadius(before: Mesh, after: Mesh): BlastRadius {
  const radius = {
    improved: [] as ChangedEdge[],
    changed: [] as ChangedEdge[],
    unknown: [] as ChangedEdge[],
    broken: [] as ChangedEdge[],
    unchanged: 0,
  }
  for (const {edge, old, fresh} of pairs(before, after)) {
    const verdict = compare(old, fresh)
    if (verdict === null) radius.unchanged++
    else
      radius[verdict.effect].push({
        client: edge.client,
        server: edge.server,
        knowledge: edge.knowledge,
        before: verdict.before,
        after: verdict.after,
      })
  }
  return radius
}

interface Pair {
  readonly edge: Edge
  readonly old: Judgement
  readonly fresh: Judgement
}

/** The edges that are in both meshes, and those whose server goes while their client stays. */
function* pairs(before: Mesh, after: Mesh): Iterable<Pair> {
  const old = relevantEdges(before)
  const fresh = relevantEdges(after)
  const oldEnds = endsOf(before, old)
  const freshEnds = endsOf(after, fresh)
  for (const [key, edge] of old) {
    const now = fresh.get(key) ?? sameEdge(after, freshEnds, edge)
    if (now !== null) yield {edge, old: edge.judge(), fresh: now.judge()}
    else if (freshEnds.clients.has(clientKey(edge.client)))
      yield {edge, old: edge.judge(), fresh: serverGone(edge)}
  }
  for (const [key, edge] of fresh) {
    const then = old.has(key) ? null : sameEdge(before, oldEnds, edge)
    if (then !== null) yield {edge, old: then.judge(), fresh: edge.judge()}
  }
}

function relevantEdges(mesh: Mesh): ReadonlyMap<string, Edge> {
  const edges = new Map(mesh.edges().map(edge => [edgeKey(edge), edge]))
  for (const edge of mesh.possibleEdges()) {
    if (edge.client.inMesh === true || mesh.callsKnown(edge.client)) continue
    const key = edgeKey(edge)
    if (!edges.has(key)) edges.set(key, edge)
  }
  return edges
}

interface Ends {
  readonly clients: ReadonlyMap<string, Client>
  readonly servers: ReadonlyMap<string, Server>
}

function endsOf(mesh: Mesh, edges: ReadonlyMap<string, Edge>): Ends {
  const clients = [...mesh.clients, ...[...edges.values()].map(edge => edge.client)]
  const servers = mesh.services.flatMap(service => service.ports.map(port => ({service, port})))
  return {
    clients: new Map(clients.map(client => [clientKey(client), client])),
    servers: new Map(servers.map(server => [serverKey(server), server])),
  }
}

/** The edge between the same two in another mesh, where both are. */
function sameEdge(mesh: Mesh, ends: Ends, edge: Edge): Edge | null {
  const client = ends.clients.get(clientKey(edge.client))
  const server = ends.servers.get(serverKey(edge.server))
  return client === undefined || server === undefined ? null : mesh.edge(client, server)
}

function serverGone(edge: Edge): Judgement {
  const {outcome} = edge.judge()
  const gone: Outcome = {
    ...outcome,
    result: 'fails',
    failingShare: 1,
    transport: 'none',
    failure: null,
    cause: 'no-endpoints',
    unknownBecause: [],
  }
  return {outcome: gone, paths: [], facts: []}
}

function edgeKey({client, server}: Edge): string {
  return `${clientKey(client)} > ${serverKey(server)}`
}

function clientKey({kind, namespace, workload, of}: Client): string {
  // A workload that becomes a gateway or joins the mesh stays the same caller.
  return of === null ? `${kind}/${namespace}/${workload}` : `${of.kind}/${namespace}/${workload}`
}

function serverKey({service, port}: Server): string {
  return `${service.namespace}/${service.host}:${port.port}`
}

interface Verdict {
  readonly effect: Effect
  readonly before: Outcome
  readonly after: Outcome
}

/** What happens to an edge, with the outcomes that show it: those of the route concerned, if it is one of several. */
function compare(old: Judgement, fresh: Judgement): Verdict | null {
  const whole = {before: old.outcome, after: fresh.outcome}
  const routes = fresh.paths.map(path => ({
    before: samePath(old, path) ?? old.outcome,
    after: path,
  }))
  const verdicts = [whole, ...routes].flatMap(({before, after}) => {
    const effect = effectOf(before, after)
    return effect === null ? [] : [{effect, before, after}]
  })
  for (const effect of ['broken', 'unknown', 'changed', 'improved'] as const) {
    const found = verdicts.find(verdict => verdict.effect === effect)
    if (found !== undefined) return found
  }
  return null
}

function samePath(old: Judgement, path: Judgement['paths'][number]): Outcome | undefined {
  return old.paths.find(
    ({match, subset, host}) => match === path.match && subset === path.subset && host === path.host,
  )
}

/** What was unknown and will surely fail counts as broken: it may have worked. */
function effectOf(before: Outcome, after: Outcome): Effect | null {
  if (sameOutcome(before, after)) return null
  if (after.result === 'unknown') return 'unknown'
  const [worked, works] = [share(before), share(after)]
  if (works < worked) return 'broken'
  if (works > worked || before.result === 'unknown') return 'improved'
  return isSecured(before, after) ? 'improved' : 'changed'
}

/** The share of requests that pass. */
function share({result, failingShare}: Outcome): number {
  if (result === 'unknown' || result === 'ok') return 1
  return result === 'fails' ? 0 : 1 - failingShare
}

function isSecured(before: Outcome, after: Outcome): boolean {
  const encrypted = after.transport === 'mtls' || after.transport === 'hbone'
  return after.result === 'ok' && before.transport === 'plaintext' && encrypted
}

/** Outcomes are compared by what happens; the words for what is not known may differ. */
function sameOutcome(before: Outcome, after: Outcome): boolean {
  return equalJson(comparable(before), comparable(after))
}

function comparable(outcome: Outcome): Json {
  const {result, failingShare, transport, failure, cause, timeout, retries, outlierDetection, faults} =
    outcome
  return {
    result,
    failingShare,
    transport,
    failure,
    cause,
    timeout,
    retries,
    outlierDetection,
    faults,
  } as unknown as Json
}
