import {fact} from '../../../mesh/fact.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {hopsByClient, retryingRoute} from '../../reading/call-chains.ts'
import type {Hop} from '../../reading/call-chains.ts'
import {serverName, trafficKinds} from '../../reading/failing-edges.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-amplification',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: trafficKinds,
  needs: 'offline',
  params: {most: 9},
  equivalents: [],
  formerIds: [],
  messages: {
    amplified:
      'When {last} answers with errors it gets up to {product} requests for each one: {factors} tries along {chain}.',
  },
  why: 'Every hop of a call chain that retries on errors multiplies the retries of the hops behind it. The server at the end, which is in trouble, gets the product.',
  fix: 'Retry on errors at one hop only, best the one next to the server that fails; leave connect-failure,refused-stream to the others.',
  check(mesh, report, params) {
    const most = typeof params['most'] === 'number' ? params['most'] : 9
    const hops = hopsByClient(mesh)
    const longest = longestChains(mesh, hops)
    const inner = new Set(
      [...hops.values()]
        .flat()
        .filter(hop => hop.tries > 1)
        .flatMap(hop => mesh.endpoints(hop.edge.server.service)),
    )
    for (const [client, own] of hops) {
      // A chain is told of where it begins.
      if (inner.has(client)) continue
      for (const hop of own) {
        const chain = hop.tries > 1 ? longest(hop) : []
        const product = chain.reduce((all, {tries}) => all * tries, 1)
        const last = chain.at(-1)
        if (chain.length < 2 || product <= most || last === undefined) continue
        const route = retryingRoute(mesh, hop)
        if (route === null || route.object === null) continue
        report({
          messageId: 'amplified',
          data: {
            last: serverName(last.edge),
            product,
            factors: chain.map(({tries}) => tries).join(' x '),
            chain: [nameOf(client), ...chain.map(({edge}) => serverName(edge))].join(' -> '),
          },
          identity: ['last'],
          object: route.object,
          path: [...route.path, 'retries'],
          evidence: chain.map(({edge, client: caller, tries}) =>
            fact(
              `${nameOf(caller)} tries ${serverName(edge)} ${tries} times (${edge.knowledge})`,
              edge.knownBy[0]?.object ?? null,
              edge.knownBy[0]?.path ?? [],
            ),
          ),
        })
      }
    }
  },
})

/** The chain of retrying hops with the greatest product that begins with a hop; a workload counts once in it. */
function longestChains(
  mesh: Mesh,
  hops: ReadonlyMap<Workload, readonly Hop[]>,
): (hop: Hop) => readonly Hop[] {
  const known = new Map<Workload, readonly Hop[]>()
  const from = (workload: Workload): readonly Hop[] => {
    const found = known.get(workload)
    if (found !== undefined) return found
    // Until it is known a cycle ends here.
    known.set(workload, [])
    const best = greatest((hops.get(workload) ?? []).filter(({tries}) => tries > 1).map(through))
    known.set(workload, best)
    return best
  }
  const through = (hop: Hop): readonly Hop[] => [
    hop,
    ...greatest(mesh.endpoints(hop.edge.server.service).map(from)),
  ]
  return through
}

function greatest(chains: readonly (readonly Hop[])[]): readonly Hop[] {
  const product = (chain: readonly Hop[]): number => chain.reduce((all, {tries}) => all * tries, 1)
  return chains.reduce<readonly Hop[]>((best, chain) => (product(chain) > product(best) ? chain : best), [])
}
