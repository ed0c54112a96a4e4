import {formatDuration, parseDuration} from '../../../mesh/durations.ts'
import {fact} from '../../../mesh/fact.ts'
import type {Edge, Mesh, Route, Workload} from '../../../mesh/mesh.ts'
import {worstCase} from '../../../mesh/retries.ts'
import {hopsByClient} from '../../reading/call-chains.ts'
import {clientName, serverName, trafficKinds} from '../../reading/failing-edges.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'timeout-inversion',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    inverted: '{client} may wait {worst} for {server}, but its own caller {caller} gives up after {timeout}.',
  },
  why: 'A timeout that is longer than the one of the caller works for nobody: the answer comes when no one waits for it, the retries behind it only add load, and the caller sees 504 instead of what the inner timeout was to give.',
  fix: 'Give the inner call less time (timeout, or perTryTimeout times attempts + 1) than the caller gives.',
  check(mesh, report) {
    const hops = hopsByClient(mesh)
    const callers = mostImpatientCallers(
      mesh,
      [...hops.values()].flat().map(({edge}) => edge),
    )
    for (const [client, own] of hops) {
      const outer = callers.get(client)
      if (outer === undefined) continue
      for (const {edge} of own) {
        const {timeout, retries} = edge.judge().outcome
        const worst = worstCase(retries, timeout)
        const time = worst === null ? null : parseDuration(worst)
        if (worst === null || time === null || time <= outer.time) continue
        const route = mesh.routes(client, edge.server).routes.find(one => one.catchAll && one.object !== null)
        if (route === undefined || route.object === null) continue
        report({
          messageId: 'inverted',
          data: {
            client: nameOf(client),
            worst,
            server: serverName(edge),
            caller: clientName(outer.edge),
            timeout: formatDuration(outer.time),
          },
          identity: ['client'],
          object: route.object,
          path: limitOf(route),
          evidence: [
            fact(
              `${clientName(outer.edge)} calls ${serverName(outer.edge)}`,
              outer.edge.knownBy[0]?.object ?? null,
              outer.edge.knownBy[0]?.path ?? [],
            ),
            fact(
              `${clientName(edge)} calls ${serverName(edge)}`,
              edge.knownBy[0]?.object ?? null,
              edge.knownBy[0]?.path ?? [],
            ),
          ],
        })
      }
    }
  },
})

interface Impatient {
  readonly edge: Edge
  readonly time: number
}

/** For each workload the caller that waits for it the shortest, of those that set a limit. */
function mostImpatientCallers(mesh: Mesh, edges: readonly Edge[]): ReadonlyMap<Workload, Impatient> {
  const found = new Map<Workload, Impatient>()
  for (const edge of edges) {
    const {timeout} = edge.judge().outcome
    const time = timeout === null ? null : parseDuration(timeout)
    if (time === null || time <= 0) continue
    for (const workload of mesh.endpoints(edge.server.service)) {
      const known = found.get(workload)
      if (known === undefined || time < known.time) found.set(workload, {edge, time})
    }
  }
  return found
}

function limitOf({path, timeout}: Route): Route['path'] {
  return timeout === null ? [...path, 'retries', 'perTryTimeout'] : [...path, 'timeout']
}
