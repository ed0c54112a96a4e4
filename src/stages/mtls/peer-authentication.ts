import {record} from '../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../objects/object.ts'
import {createdAt, oldestFirst} from '../../mesh/age.ts'
import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {mtlsMode} from '../../mesh/peer-authentication.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {matches, policySelector} from '../../mesh/selectors.ts'
import {withValue} from '../edit.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'

/**
 * Which policy would make a service STRICT. Of several policies for one workload only the oldest counts, whole
 * (istio-semantics A3): hence an existing one is edited and never joined by a second. It may select more workloads
 * than the service does; then all of them are concerned.
 */
export interface PolicyTarget {
  readonly policy: KubeObject | null
  /** Every workload that turns STRICT. */
  readonly workloads: readonly Workload[]
  readonly obstacle: Reason | null
}

export function policyTarget(mesh: Mesh, service: Service): PolicyTarget {
  const endpoints = mesh.endpoints(service)
  const candidates =
    policiesWithSelector(mesh)
      .get(service.namespace)
      ?.filter(({selector}) => endpoints.some(one => matches(selector, one.labels))) ?? []
  const [first] = candidates
  if (first === undefined) return {policy: null, workloads: endpoints, obstacle: null}
  const selected = mesh.selected(first.selector, service.namespace)
  const {policy} = first
  const rivals = candidates.length > 1 && createdAt(policy) === null
  if (rivals)
    return {policy, workloads: endpoints, obstacle: severalPolicies(candidates.map(one => one.policy))}
  if (!endpoints.every(one => selected.includes(one)))
    return {policy, workloads: endpoints, obstacle: partialPolicy(policy, endpoints, selected)}
  return {policy, workloads: selected, obstacle: null}
}

interface Selecting {
  readonly policy: KubeObject
  readonly selector: Readonly<Record<string, string>>
}

const policiesWithSelector = perMesh((mesh): ReadonlyMap<string, readonly Selecting[]> => {
  const index = new Map<string, Selecting[]>()
  for (const policy of oldestFirst(mesh.objects('PeerAuthentication'))) {
    const selector = policySelector(record(policy.value['spec'])['selector'])
    if (selector === null || !policy.id.apiVersion.startsWith('security.istio.io/')) continue
    index.set(policy.id.namespace, [...(index.get(policy.id.namespace) ?? []), {policy, selector}])
  }
  return index
})

function severalPolicies(policies: readonly KubeObject[]): Reason {
  const names = listed(policies.map(({id}) => named(id)))
  return reason(
    'rival-policies-without-age',
    `${names} select the same workloads; only the oldest counts, and which that is is not known`,
    policies.map(policy => fact('a rival', policy, ['spec', 'selector'])),
    'keep one of them and delete the others',
  )
}

function partialPolicy(
  policy: KubeObject,
  endpoints: readonly Workload[],
  selected: readonly Workload[],
): Reason {
  const left = endpoints.filter(one => !selected.includes(one)).map(one => one.name)
  return reason(
    'peer-authentication-partial',
    `${named(policy.id)} already governs a part of its pods and not ${listed(left)}; a second policy beside it would be ignored for that part`,
    [fact('its selector', policy, ['spec', 'selector'])],
    `widen the selector of ${named(policy.id)} to that of the Service, or delete it`,
  )
}

/**
 * STRICT for the whole workload. Of its exceptions for the ports concerned those go that nobody needs, and those come
 * that are carved out; all others stay as they are.
 */
export function strict(
  value: JsonObject,
  ports: readonly number[],
  carved: ReadonlyMap<number, unknown>,
): JsonObject {
  const exceptions = record(record(value['spec'])['portLevelMtls'])
  const set = withValue(value, ['spec', 'mtls', 'mode'], 'STRICT')
  const closed = ports.filter(
    port => !carved.has(port) && mtlsMode(exceptions[String(port)]) === 'PERMISSIVE',
  )
  return [
    ...closed.map(port => [port, 'STRICT']),
    ...[...carved.keys()].map(port => [port, 'PERMISSIVE']),
  ].reduce(
    (current, [port, mode]) =>
      withValue(current, ['spec', 'portLevelMtls', String(port), 'mode'], String(mode)),
    set,
  )
}

/** The container ports by which services reach these workloads. */
export function portsOf(mesh: Mesh, workload: Workload): readonly number[] {
  const ports = mesh
    .servicesOf(workload)
    .flatMap(service =>
      service.ports.filter(port => port.protocol !== 'UDP').map(port => mesh.targetPort(port, workload)),
    )
  return [...new Set(ports.filter(port => port !== null))]
}

/** Every service through which the workloads are called. */
export function servicesOver(mesh: Mesh, workloads: readonly Workload[]): readonly Service[] {
  return [...new Set(workloads.flatMap(workload => mesh.servicesOf(workload)))]
}
