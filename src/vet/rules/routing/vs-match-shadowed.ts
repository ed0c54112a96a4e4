import {fact} from '../../../mesh/fact.ts'
import type {JsonObject} from '../../../objects/object.ts'
import {covers, takesAll, writtenHttp} from '../../reading/written-routes.ts'
import type {WrittenHttp} from '../../reading/written-routes.ts'
import {isVirtualService} from '../../reading/virtual-services.ts'
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
    shadowed: 'No request reaches this match: http[{index}] before it takes all that it matches.',
  },
  why: 'The first route that matches wins, whatever a later one says more exactly. This condition never decides anything.',
  fix: 'Move the route with the more particular match up, or remove the match.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService').filter(isVirtualService)) {
      const routes = writtenHttp(virtualService)
      const end = routes.findIndex(takesAll)
      const reached = end < 0 ? routes : routes.slice(0, end + 1)
      reached.forEach((route, index) => {
        const earlier = reached.slice(0, index)
        const found = route.matches.map(match => shadowOf(match, earlier))
        // The whole route is dead then: `vs-route-unreachable` says so.
        if (found.every(one => one >= 0)) return
        found.forEach((cause, position) => {
          if (cause < 0) return
          report({
            messageId: 'shadowed',
            data: {index: cause},
            identity: [],
            object: virtualService,
            path: [...route.path, 'match', position],
            related: [fact('the route that takes the requests', virtualService, routes[cause]?.path ?? [])],
          })
        })
      })
    }
  },
})

function shadowOf(match: JsonObject, earlier: readonly WrittenHttp[]): number {
  return earlier.findIndex(
    one => !Object.hasOwn(one.value, 'delegate') && one.matches.some(other => covers(other, match)),
  )
}
