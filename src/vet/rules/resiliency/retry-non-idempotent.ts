import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import type {HttpRoute} from '../../../mesh/http-routes.ts'
import {fact} from '../../../mesh/fact.ts'
import {unsafeConditions} from '../../../mesh/retries.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import type {Retries} from '../../../mesh/outcome.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

/** RFC 9110, 9.2.2: repeating such a request has no further effect. */
const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']

export default defineRule({
  id: 'retry-non-idempotent',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {idempotent: []},
  equivalents: [],
  formerIds: [],
  messages: {
    route:
      'Requests of any method are tried again on {conditions}, when the application may already have acted: a POST can happen {times} times.',
    methods:
      'Requests by {methods} are tried again on {conditions}, when the application may already have acted: one can happen {times} times.',
    mesh: 'The mesh default retries requests of any method on {conditions}, when the application may already have acted.',
  },
  why: 'After a 5xx answer or a reset nobody knows whether the server did the work. Retrying a request that is not idempotent then does it twice: two payments, two orders.',
  fix: 'Split the route: retries for match.method GET, HEAD, OPTIONS, PUT and DELETE, and for the rest retryOn: connect-failure,refused-stream,reset-before-request.',
  check(mesh, report, params) {
    const repeatable = new Set(
      Array.isArray(params['idempotent']) ? (params['idempotent'] as readonly string[]) : [],
    )
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const route of httpRoutesOf(mesh, virtualService)) {
        const conditions = route.retries === null ? [] : dangerous(route.retries)
        const methods = unsafeMethods(route, serviceNames(mesh, route), repeatable)
        if (conditions.length === 0 || methods?.length === 0) continue
        report({
          messageId: methods === null ? 'route' : 'methods',
          data: {
            conditions: listed(conditions, 8),
            times: (route.retries?.attempts ?? 0) + 1,
            methods: (methods ?? []).join(', '),
          },
          object: route.object,
          path: [...route.path, 'retries', 'retryOn'],
          evidence: [
            fact(
              methods === null
                ? 'the route takes requests of every method'
                : `the route takes requests by ${methods.join(', ')}`,
              route.object,
              route.path,
            ),
          ],
        })
      }
    }
    const fallback = mesh.meshConfig.defaultHttpRetryPolicy
    if (fallback === null || mesh.meshConfig.object === null || dangerous(fallback).length === 0) return
    report({
      messageId: 'mesh',
      data: {conditions: listed(dangerous(fallback), 8)},
      object: mesh.meshConfig.object,
      path: [],
    })
  },
})

/** Of the conditions after which the application may have acted, those it did not answer with a refusal. */
function dangerous(retries: Retries): readonly string[] {
  return unsafeConditions(retries).filter(
    condition => !/^[1-4]\d\d$|^resource-exhausted$|^retriable-headers$/.test(condition),
  )
}

/** The services that a route sends to, as meshctl.yaml names them. */
function serviceNames(mesh: Mesh, route: HttpRoute): readonly string[] {
  return route.destinations.map(({host}) => {
    const service = mesh.host(host, route.object.id.namespace)
    return service === null ? host : nameOf(service)
  })
}

/** The methods of a route that may not be repeated; null where it takes every method. */
function unsafeMethods(
  route: HttpRoute,
  services: readonly string[],
  repeatable: ReadonlySet<string>,
): readonly string[] | null {
  const declared = (suffix: string): boolean =>
    services.length > 0 && services.every(name => repeatable.has(`${name}${suffix}`))
  if (declared('')) return []
  if (route.matches.length === 0) return null
  const methods = new Set<string>()
  for (const match of route.matches) {
    if (match.methods === null) return null
    for (const method of match.methods)
      if (!idempotent.includes(method) && !declared(` ${method}`)) methods.add(method)
  }
  return [...methods]
}
