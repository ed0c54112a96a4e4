import {entries, isRecord, list, record} from '../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../objects/object.ts'
import {createdAt, oldestFirst} from '../../mesh/age.ts'
import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {policySelector} from '../../mesh/selectors.ts'
import {withValue} from '../edit.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'

export type Scope = 'service' | 'namespace'

/**
 * The Telemetry that decides tracing for a service's pods. Of those without a selector only the oldest in a namespace
 * counts; those with one all count, later ones override (istio-semantics F1). So the deciding one is edited, and a
 * second one for the same place is never added.
 */
export interface TelemetryTarget {
  readonly telemetry: KubeObject | null
  readonly obstacle: Reason | null
}

export function telemetryTarget(mesh: Mesh, service: Service, scope: Scope): TelemetryTarget {
  return scope === 'service' ? forService(mesh, service) : forNamespace(mesh, service.namespace)
}

function forNamespace(mesh: Mesh, namespace: string): TelemetryTarget {
  const wide = inNamespace(mesh, namespace).filter(one => selectorOf(one) === null)
  const [oldest] = wide
  if (oldest !== undefined && wide.length > 1 && createdAt(oldest) === null)
    return {telemetry: oldest, obstacle: rivals(wide)}
  return {telemetry: oldest ?? null, obstacle: null}
}

function forService(mesh: Mesh, service: Service): TelemetryTarget {
  const endpoints = new Set(mesh.endpoints(service))
  const selecting = inNamespace(mesh, service.namespace).flatMap(telemetry => {
    const selector = selectorOf(telemetry)
    const selected = selector === null ? [] : mesh.selected(selector, service.namespace)
    return selected.some(workload => endpoints.has(workload)) ? [{telemetry, selected}] : []
  })
  const exact = selecting.filter(
    ({selected}) => selected.length === endpoints.size && selected.every(one => endpoints.has(one)),
  )
  const own = exact.at(-1)?.telemetry ?? null
  const later = selecting.filter(
    ({telemetry}) => telemetry !== own && setsTracing(telemetry) && mayComeAfter(telemetry, own),
  )
  const [other] = later
  if (other === undefined) return {telemetry: own, obstacle: null}
  const left = other.selected.filter(one => !endpoints.has(one)).map(one => one.name)
  const others = left.length === 0 ? 'some of its pods' : `its pods and those of ${listed(left)}`
  return {
    telemetry: own,
    obstacle: reason(
      'telemetry-shared',
      `${named(other.telemetry.id)} sets tracing for ${others}, and would override what is set for this service alone`,
      [fact('its tracing', other.telemetry, ['spec', 'tracing'])],
      `set the provider in ${named(other.telemetry.id)}, or take tracing out of it`,
    ),
  }
}

/** Whether one may override the other: it is younger, or nobody knows. What meshctl is about to make is youngest. */
function mayComeAfter(one: KubeObject, own: KubeObject | null): boolean {
  const age = createdAt(one)
  if (age === null) return true
  const ownAge = own === null ? null : createdAt(own)
  return ownAge !== null && age > ownAge
}

function rivals(telemetries: readonly KubeObject[]): Reason {
  const names = listed(telemetries.map(({id}) => named(id)))
  return reason(
    'rival-policies-without-age',
    `${names} claim the same namespace; only the oldest counts, and which that is is not known`,
    telemetries.map(one => fact('a rival', one)),
    'merge them into one',
  )
}

const byNamespace = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const index = new Map<string, KubeObject[]>()
  for (const telemetry of oldestFirst(mesh.objects('Telemetry'))) {
    const spec = record(telemetry.value['spec'])
    if (isRecord(spec['targetRef']) || list(spec['targetRefs']).length > 0) continue
    index.set(telemetry.id.namespace, [...(index.get(telemetry.id.namespace) ?? []), telemetry])
  }
  return index
})

function inNamespace(mesh: Mesh, namespace: string): readonly KubeObject[] {
  return byNamespace(mesh).get(namespace) ?? []
}

function selectorOf(telemetry: KubeObject): ReturnType<typeof policySelector> {
  return policySelector(record(telemetry.value['spec'])['selector'])
}

function setsTracing(telemetry: KubeObject): boolean {
  return list(record(telemetry.value['spec'])['tracing']).length > 0
}

/** Names the provider in every tracing entry; a rate that is set stays, unless another one was asked for. */
export function withProvider(
  value: JsonObject,
  provider: string,
  sampling: {readonly rate: number; readonly asked: boolean},
): JsonObject {
  const written = entries(record(value['spec'])['tracing'])
  if (written.length === 0)
    return withValue(
      value,
      ['spec', 'tracing'],
      [{providers: [{name: provider}], randomSamplingPercentage: sampling.rate}],
    )
  return written.reduce((current, [index, entry]) => {
    const place = ['spec', 'tracing', index]
    const withName = withValue(current, [...place, 'providers'], [{name: provider}])
    const rated =
      entry['randomSamplingPercentage'] === undefined || sampling.asked
        ? withValue(withName, [...place, 'randomSamplingPercentage'], sampling.rate)
        : withName
    return entry['disableSpanReporting'] === true
      ? withValue(rated, [...place, 'disableSpanReporting'], false)
      : rated
  }, value)
}
