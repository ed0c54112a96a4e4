import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import type {HttpRoute} from '../../../mesh/http-routes.ts'
import type {HttpMatch} from '../../../mesh/http-match.ts'
import {fact} from '../../../mesh/fact.ts'
import {isMeshBound} from '../../../mesh/route-owners.ts'
import {listed} from '../../reading/names.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-no-default-route',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    missing: 'A request that matches none of these routes gets 404: there is no route for the rest{whom}.',
  },
  why: "In the mesh a VirtualService replaces a host's default route. What none of its routes matches is not sent on as before, it is answered with 404 NR.",
  fix: 'Add a last route without match that sends to the service.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      if (!isMeshBound(virtualService)) continue
      const routes = httpRoutesOf(mesh, virtualService)
      const open = uncovered(routes)
      if (open === null) continue
      report({
        messageId: 'missing',
        data: {whom: audience(open)},
        object: virtualService,
        path: ['spec', 'http'],
        evidence: routes.slice(0, 5).map(route =>
          fact(
            `matches only: ${listed(
              route.matches.flatMap(match => match.conditions),
              3,
            )}`,
            route.object,
            route.path,
          ),
        ),
      })
    }
  },
})

/**
 * A match whose clients have routes but none for the rest. Routes that are filtered out by source or port leave the
 * default route in place, so only clients that see a conditional route need a catch-all.
 */
function uncovered(routes: readonly HttpRoute[]): HttpMatch | null {
  if (routes.some(route => route.matches.length === 0)) return null
  const matches = routes.flatMap(route => route.matches).filter(inMesh)
  const catchAlls = matches.filter(match => match.everything)
  return matches.find(match => !match.everything && !catchAlls.some(one => covers(one, match))) ?? null
}

function inMesh(match: HttpMatch): boolean {
  return match.gateways.length === 0 || match.gateways.includes('mesh')
}

/** Whether every client and port of one match is one of the other, as far as they are decided before a request. */
function covers(outer: HttpMatch, inner: HttpMatch): boolean {
  if (outer.port !== null && outer.port !== inner.port) return false
  if (outer.gateways.length > 0) return true
  if (inner.gateways.length > 0)
    return Object.keys(outer.sourceLabels).length === 0 && outer.sourceNamespace === null
  if (outer.sourceNamespace !== null && outer.sourceNamespace !== inner.sourceNamespace) return false
  return Object.entries(outer.sourceLabels).every(([key, value]) => inner.sourceLabels[key] === value)
}

function audience(match: HttpMatch): string {
  const labels = Object.entries(match.sourceLabels).map(([key, value]) => `${key}: ${value}`)
  const parts = [
    labels.length > 0 && match.gateways.length === 0 ? `clients with ${listed(labels)}` : '',
    match.sourceNamespace !== null && match.gateways.length === 0
      ? `clients in ${match.sourceNamespace}`
      : '',
    match.port === null ? '' : `port ${match.port}`,
  ].filter(part => part !== '')
  return parts.length === 0 ? '' : `, for ${listed(parts)}`
}
