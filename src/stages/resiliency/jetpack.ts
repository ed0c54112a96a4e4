import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {HttpRoute} from '../../mesh/http-routes.ts'
import {httpRoutesOf} from '../../mesh/http-routes.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {unsafeConditions} from '../../mesh/retries.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, listed, named, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason} from '../stage.ts'
import {countEndpoints} from './endpoints.ts'
import {httpPorts, routesTo} from './streams.ts'

/** Retries: only of idempotent requests, with jitter, to another endpoint. */
export default defineStage({
  capability: 'resiliency',
  stage: 'jetpack',
  title: 'Retry what may be repeated, and nothing else',
  subject: 'service',
  answers: {},
  notPlannable:
    'which operations may be repeated only people know; this version tells which retries are configured and whether they are safe',

  assess(mesh, subject) {
    if (subject.kind !== 'service') return notApplicable()
    const {service} = subject
    const routes = retryingRoutes(mesh, service)
    const unsafe = routes.filter(
      route => !onlyIdempotent(route) && route.retries !== null && unsafeConditions(route.retries).length > 0,
    )
    if (unsafe.length > 0) return conclude({blockers: unsafe.map(unsafeRetries), unknowns: [], cautions: []})
    if (routes.some(route => onlyIdempotent(route) && (route.retries?.attempts ?? 0) > 0)) return done()
    return conclude({
      blockers: [...controlPlaneBlockers(mesh), ...obstacles(mesh, service)],
      unknowns: [],
      cautions: [],
    })
  },

  plan: () => nothing,
  expect: () => [],
})

/** Routes to the service that set retries of their own. */
function retryingRoutes(mesh: Mesh, service: Service): readonly HttpRoute[] {
  const owners = [...new Set(routesTo(mesh, service).map(({object}) => object))]
  return owners.flatMap(owner =>
    httpRoutesOf(mesh, owner).filter(
      ({retries, destinations}) =>
        retries !== null && destinations.some(({host}) => host.toLowerCase() === service.host.toLowerCase()),
    ),
  )
}

const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']

/** Whether every match of a route admits idempotent methods only (RFC 9110, 9.2.2). */
function onlyIdempotent({matches}: HttpRoute): boolean {
  return (
    matches.length > 0 &&
    matches.every(({methods}) => methods !== null && methods.every(method => idempotent.includes(method)))
  )
}

function unsafeRetries({object, path, retries}: HttpRoute): Reason {
  const conditions = listed(retries === null ? [] : unsafeConditions(retries))
  return reason(
    'unsafe-retries',
    `${named(object.id)} retries every method on ${conditions}, so that a request like POST may be carried out twice`,
    [fact('its retries', object, [...path, 'retries'])],
    'split the route by method: retries for GET, HEAD, OPTIONS, PUT and DELETE, attempts: 0 for the rest',
  )
}

function obstacles(mesh: Mesh, service: Service): readonly Reason[] {
  if (httpPorts(service).length === 0)
    return [
      reason('tcp-ports', 'none of its ports carries HTTP, and only HTTP requests are retried', [], null),
    ]
  const {fewest, certain, facts} = countEndpoints(mesh, service)
  if (certain && fewest < 2)
    return [
      reason(
        'single-endpoint',
        'it has no second endpoint to which a retry could go',
        facts,
        'run at least two replicas',
      ),
    ]
  return []
}
