import {fact} from '../../../mesh/fact.ts'
import {covers, routeProtocols, takesAll, writtenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-route-unreachable',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0130', 'IST0131', 'vs-unreachable'],
  formerIds: [],
  messages: {
    afterAll: 'No request reaches this route: {before} before it takes everything.',
    shadowed: 'No request reaches this route: what it matches is taken by routes before it ({before}).',
  },
  why: 'Routes are tried from the top and the first that matches wins; after one without conditions istiod sends no more of them at all. What stands below is dead, and usually it was the special case that was wanted.',
  fix: 'Put the more particular route first and the one without match last.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const protocol of routeProtocols) {
        const routes = writtenHttp(virtualService, protocol)
        const end = routes.findIndex(takesAll)
        routes.forEach((route, index) => {
          const dead = end >= 0 && index > end
          const earlier = routes.slice(0, index)
          const shadowing = route.matches.map(match =>
            earlier.findIndex(
              one => !Object.hasOwn(one.value, 'delegate') && one.matches.some(other => covers(other, match)),
            ),
          )
          const shadowed = !dead && shadowing.length > 0 && shadowing.every(found => found >= 0)
          if (!dead && !shadowed) return
          const cause = dead ? end : (shadowing[0] ?? 0)
          report({
            messageId: dead ? 'afterAll' : 'shadowed',
            data: {before: `${protocol}[${cause}]`},
            identity: [],
            object: virtualService,
            path: route.path,
            related: [fact('the route that takes the requests', virtualService, routes[cause]?.path ?? [])],
          })
        })
      }
    }
  },
})
