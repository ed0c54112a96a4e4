import type {Edge, Mesh, Route, Workload} from '../../mesh/mesh.ts'
import type {Retries} from '../../mesh/outcome.ts'
import {perMesh} from '../../mesh/per-mesh.ts'

/** A known call of one workload to the service of others, with what its proxy does when it fails. */
export interface Hop {
  readonly edge: Edge
  readonly client: Workload
  /** How many requests the server can get for one, when it answers with errors. */
  readonly tries: number
}

/** Known calls between workloads in the mesh, by the workload that calls. */
export const hopsByClient = perMesh((mesh): ReadonlyMap<Workload, readonly Hop[]> => {
  const found = new Map<Workload, Hop[]>()
  for (const edge of mesh.edges()) {
    const client = edge.client.of
    if (client === null || edge.client.inMesh !== true || edge.knowledge === 'possible') continue
    const {outcome, paths} = edge.judge()
    const tries = [outcome, ...paths].reduce((most, {retries}) => Math.max(most, triesOnErrors(retries)), 1)
    const hop = {edge, client, tries}
    const hops = found.get(client)
    if (hops === undefined) found.set(client, [hop])
    else hops.push(hop)
  }
  return found
})

/**
 * Tries of a request that is answered with 503, which is what a proxy answers when its own tries have failed. Retries
 * on connect-failure and the like, the default, do not multiply: the hop behind did answer.
 */
function triesOnErrors(retries: Retries | null): number {
  if (retries === null || retries.attempts === 0) return 1
  const {retryOn} = retries
  const onErrors =
    retryOn.includes('5xx') ||
    retryOn.includes('gateway-error') ||
    (retryOn.includes('retriable-status-codes') && retryOn.includes('503'))
  return onErrors ? retries.attempts + 1 : 1
}

/** The written route that makes a hop retry as often as it does; null where the mesh's default does. */
export function retryingRoute(mesh: Mesh, {edge, client, tries}: Hop): Route | null {
  const {routes} = mesh.routes(client, edge.server)
  return (
    routes.find(
      route =>
        route.object !== null && route.retries?.source === 'route' && triesOnErrors(route.retries) === tries,
    ) ?? null
  )
}
