import {distance} from 'fastest-levenshtein'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {clusterDomain, isWildcard} from '../../mesh/hosts.ts'
import type {Report} from '../rule.ts'

/** An absence is certain only where the input is known to hold every object of the kinds. */
export function absence(mesh: Mesh, kinds: readonly string[]): NonNullable<Report['certainty']> {
  return kinds.every(kind => mesh.complete(kind)) ? 'certain' : 'cannot-verify'
}

/** Kinds of which all must be known before pods can be said not to exist. */
export const podKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'] as const

/** How a host that resolves to nothing should be reported. */
export interface UnknownHost extends Pick<Report, 'messageId' | 'certainty' | 'severity'> {
  readonly data: {readonly host: string; readonly suggestion: string}
  readonly evidence: readonly Fact[]
}

/**
 * What is wrong with a host that istiod resolves to no Service or ServiceEntry. `unqualified`: a dot makes a name fully
 * qualified, so `reviews.shop` finds nothing although the Service is there. `otherNamespace` and `misspelt`: what was
 * probably meant is in the input, which is more than a guess and less than a proof. `unknown`: it is nowhere.
 * Null for a host that exists.
 */
export function unknownHost(mesh: Mesh, host: string, namespace: string): UnknownHost | null {
  if (host === '' || isKnown(mesh, host, namespace)) return null
  const said = (messageId: string, suggestion: string, found: Service | null): UnknownHost => {
    const evidence =
      found === null ? [] : [fact(`${found.kind} ${found.host}`, found.object, ['metadata', 'name'])]
    return {messageId, data: {host, suggestion}, evidence}
  }
  const resolved = isWildcard(host) ? null : mesh.dns(host, namespace)
  if (resolved !== null && host.includes('.')) return said('unqualified', resolved.host, resolved)
  const certainty = absence(mesh, ['Service', 'ServiceEntry'])
  const elsewhere = host.includes('.') ? [] : (servicesByName(mesh).get(host) ?? [])
  const [other] = elsewhere
  if (other !== undefined)
    return {
      ...said('otherNamespace', other.host, other),
      ...(certainty === 'certain' ? {} : {severity: 'warning' as const}),
    }
  const close = closestService(mesh, host, namespace)
  if (close !== null && certainty !== 'certain')
    return {...said('misspelt', close.host, close), severity: 'warning'}
  if (close !== null) return said('misspelt', close.host, close)
  return {...said('unknown', '', null), certainty}
}

function isKnown(mesh: Mesh, host: string, namespace: string): boolean {
  if (!isWildcard(host)) return mesh.host(host, namespace) !== null
  return mesh.services.some(
    service =>
      service.host.endsWith(host.slice(1)) ||
      (isWildcard(service.host) && host.endsWith(service.host.slice(1))),
  )
}

const servicesByName = perMesh((mesh): ReadonlyMap<string, readonly Service[]> =>
  grouped(mesh.services, service => service.name),
)
const servicesByNamespace = perMesh((mesh): ReadonlyMap<string, readonly Service[]> =>
  grouped(mesh.services, service => service.namespace),
)

function grouped(
  services: readonly Service[],
  keyOf: (service: Service) => string,
): ReadonlyMap<string, readonly Service[]> {
  const groups = new Map<string, Service[]>()
  for (const service of services) {
    if (service.kind !== 'Service') continue
    const group = groups.get(keyOf(service))
    if (group === undefined) groups.set(keyOf(service), [service])
    else group.push(service)
  }
  return groups
}

/** Beyond this many services in a namespace no spelling is looked up: it would cost more than it tells. */
const mostCandidates = 500

/** The Service of a host's namespace whose name is one slip away; `reviews-v2` for `reviews-v1` is no slip. */
function closestService(mesh: Mesh, host: string, namespace: string): Service | null {
  const [name = '', place = namespace, ...rest] = host.split('.')
  const local = rest.length === 0 || rest.join('.') === `svc.${clusterDomain}`
  const candidates = servicesByNamespace(mesh).get(place) ?? []
  if (!local || candidates.length > mostCandidates) return null
  return candidates.find(service => isSlip(name, service.name)) ?? null
}

/** Whether two names differ by so little that one is probably the other misspelt. */
export function isSlip(a: string, b: string): boolean {
  const withoutDigits = (name: string): string => name.replace(/\d+/g, '')
  if (a === b || withoutDigits(a) === withoutDigits(b)) return false
  if (Math.abs(a.length - b.length) > 2) return false
  return distance(a, b) <= Math.min(2, Math.floor(Math.min(a.length, b.length) / 4))
}

/** The name of a list that another one is probably a misspelling of. */
export function closest(name: string, options: readonly string[]): string | null {
  return options.find(option => isSlip(name, option)) ?? null
}
