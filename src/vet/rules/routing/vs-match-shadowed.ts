import {fact} from '../../../mesh/fact.ts'
import type {JsonObject} from '../../../objects/object.ts'
import {covers, routeProtocols, takesAll, writtenHttp} from '../../reading/written-routes.ts'
import type {WrittenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-match-shadowed',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0131'],
  formerIds: [],
  messages: {
    shadowed: 'No request reaches this match: {before} before it takes all that it matches.',
    redundant: 'This match adds nothing: match[{index}] of the same route takes all that it matches.',
  },
  why: 'The first route that matches wins, whatever a later one says more exactly. This condition never decides anything.',
  fix: 'Move the route with the more particular match up, or remove the match.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const protocol of routeProtocols) {
        const routes = writtenHttp(virtualService, protocol)
        const end = routes.findIndex(takesAll)
        const reached = end < 0 ? routes : routes.slice(0, end + 1)
        reached.forEach((route, index) => {
          const earlier = reached.slice(0, index)
          const found = route.matches.map(match => shadowOf(match, earlier))
          route.matches.forEach((match, position) => {
            const index =
              (found[position] ?? -1) >= 0 ? -1 : shadowWithin(match, route.matches.slice(0, position))
            if (index < 0) return
            report({
              messageId: 'redundant',
              data: {index},
              identity: [],
              object: virtualService,
              path: [...route.path, 'match', position],
              severity: 'info',
            })
          })
          // The whole route is dead then: `vs-route-unreachable` says so.
          if (found.every(one => one >= 0)) return
          found.forEach((cause, position) => {
            if (cause < 0) return
            report({
              messageId: 'shadowed',
              data: {before: `${protocol}[${cause}]`},
              identity: [],
              object: virtualService,
              path: [...route.path, 'match', position],
              related: [fact('the route that takes the requests', virtualService, routes[cause]?.path ?? [])],
            })
          })
        })
      }
    }
  },
})

/** One beside a match of everything is left alone: it is there to be read. */
function shadowWithin(match: JsonObject, earlier: readonly JsonObject[]): number {
  return earlier.findIndex(one => !takesAll({value: {}, path: [], matches: [one]}) && covers(one, match))
}

function shadowOf(match: JsonObject, earlier: readonly WrittenHttp[]): number {
  return earlier.findIndex(
    one => !Object.hasOwn(one.value, 'delegate') && one.matches.some(other => covers(other, match)),
  )
}
