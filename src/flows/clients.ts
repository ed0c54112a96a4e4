import type {Client, ClientDeclaration, Edge, Knowledge} from '../mesh/mesh.ts'
import {clientAnswer, factAnswer, serverAnswer} from './answers.ts'
import type {ClientAnswer, FactAnswer, ServerAnswer} from './answers.ts'
import {declares} from './client-declarations.ts'
import type {Input} from './load-input.ts'

export interface KnownCall {
  readonly server: ServerAnswer
  readonly knowledge: Knowledge
  readonly knownBy: readonly FactAnswer[]
}

export interface Declaration {
  readonly reason: string
  readonly until: string | null
  /** Its day has passed, so it no longer counts. */
  readonly expired: boolean
}

/** What is known of whom one client calls. */
export interface KnownClient {
  readonly client: ClientAnswer
  /** The best kind of knowledge there is of it; `unknown` may call whatever it can reach. */
  readonly known: 'observed' | 'declared' | 'inferred' | 'unknown'
  readonly calls: readonly KnownCall[]
  /** Its entry in meshctl.yaml. */
  readonly declaration: Declaration | null
}

export interface ClientsResult {
  readonly clients: readonly KnownClient[]
  /** Declarations of clients that the input does not hold. */
  readonly unmatched: readonly string[]
}

/** Every client and what is known of its calls; of clients without a sidecar this decides whether mTLS can be demanded. */
export function clients({mesh, config, namespaces}: Input): ClientsResult {
  const edges = Map.groupBy(mesh.edges(), edge => keyOf(edge.client))
  const callers = mesh.edges().map(edge => edge.client)
  const everyone = [...new Map([...callers, ...mesh.clients].map(client => [keyOf(client), client])).values()]
  const wanted = everyone.filter(({namespace}) => namespaces.length === 0 || namespaces.includes(namespace))
  const written = [...config.clients, ...config.expired]
  return {
    clients: wanted
      .map((client): KnownClient => {
        const own = edges.get(keyOf(client)) ?? []
        const entry = written.find(one => declares(one.client, client)) ?? null
        const known = bestOf(own) ?? (mesh.callsKnown(client) ? 'declared' : 'unknown')
        return {
          client: clientAnswer(client),
          known,
          calls: own.map(({server, knowledge, knownBy}) => ({
            server: serverAnswer(server),
            knowledge,
            knownBy: knownBy.map(factAnswer),
          })),
          declaration: entry === null ? null : declarationOf(entry, config.expired),
        }
      })
      .sort((a, b) => rankOf(a) - rankOf(b)),
    unmatched: written
      .filter(one => !everyone.some(client => declares(one.client, client)))
      .map(one => one.client),
  }
}

/** A load balancer or a monitor is one caller, however many calls show it. */
function keyOf({kind, namespace, workload, of}: Client): string {
  return `${kind}/${of?.kind ?? ''}/${namespace}/${workload}`
}

function bestOf(edges: readonly Edge[]): 'observed' | 'declared' | 'inferred' | null {
  const order = ['observed', 'declared', 'inferred'] as const
  return order.find(knowledge => edges.some(edge => edge.knowledge === knowledge)) ?? null
}

function declarationOf(
  {reason, until}: ClientDeclaration,
  expired: readonly ClientDeclaration[],
): Declaration {
  return {reason, until, expired: expired.some(one => one.reason === reason && one.until === until)}
}

/** Those that stand in the way first: outside the mesh and unknown. */
function rankOf({client, known}: KnownClient): number {
  return (client.inMesh === true ? 2 : 0) + (known === 'unknown' ? 0 : 1)
}
