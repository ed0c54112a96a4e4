import type {Change, ChangeSet, Phase} from '../../changes/change-set.ts'
import {judge} from '../../mesh/judge.ts'
import type {Edge, Mesh} from '../../mesh/mesh.ts'
import type {Outcome} from '../../mesh/outcome.ts'
import {edgeKey, isWorse} from './endangered.ts'
import {objectsAfter} from './objects-after.ts'

/** A call that breaks while proxies hold different states of one phase. */
export interface BrokenOrder {
  readonly phase: string
  readonly edge: Edge
  readonly outcome: Outcome
  /** The changes which the client's proxy has, and the server's. */
  readonly clientHas: readonly Change[]
  readonly serverHas: readonly Change[]
}

/**
 * Configuration reaches proxies one by one (istio-semantics M, hazard 6): while a phase is under way, a client's proxy
 * and a server's may each have it or not. Every pair of views is tried for every known call. A call concerns two
 * proxies only, and each pod behind a server is judged by itself, so that these pairs stand for every order among all
 * proxies. Phases don't overlap: each has arrived at every proxy before the next one starts.
 *
 * `views` gives the states in which a proxy can be; that a phase's changes reach a proxy all at once is the coarsest.
 */
export function brokenOrders(
  mesh: Mesh,
  {phases}: Pick<ChangeSet, 'phases'>,
  views: (phase: Phase) => readonly (readonly Change[])[] = allOrNothing,
): readonly BrokenOrder[] {
  const today = new Map(mesh.edges().map(edge => [edgeKey(edge), edge.judge().outcome]))
  let objects = mesh.objects()
  return phases.flatMap(phase => {
    const states = views(phase).map(has => ({has, mesh: mesh.withObjects(objectsAfter(objects, has))}))
    objects = objectsAfter(objects, phase.changes)
    return states.flatMap(client =>
      states.flatMap(server =>
        brokenBetween(client.mesh, server.mesh, today).map(found => ({
          ...found,
          phase: phase.title,
          clientHas: client.has,
          serverHas: server.has,
        })),
      ),
    )
  })
}

function allOrNothing({changes}: Phase): readonly (readonly Change[])[] {
  return [[], changes]
}

/** The client's proxy sends by one mesh, the server's demands by the other. */
function brokenBetween(
  client: Mesh,
  server: Mesh,
  today: ReadonlyMap<string, Outcome>,
): readonly Pick<BrokenOrder, 'edge' | 'outcome'>[] {
  const between: Mesh =
    client === server
      ? client
      : {...client, peerAuthentication: (workload, port) => server.peerAuthentication(workload, port)}
  return client.edges().flatMap(edge => {
    const before = today.get(edgeKey(edge))
    const {outcome} = client === server ? edge.judge() : judge(between, edge.client, edge.server)
    return before !== undefined && isWorse(before, outcome) ? [{edge, outcome}] : []
  })
}
