import {flag, isRecord, list, number, record, records, text} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import {createdAt, oldestFirst} from './age.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {ExtensionProvider, Labels, Mesh, TelemetryChoice, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {matches, policySelector} from './selectors.ts'

type Tracing = TelemetryChoice['tracing']
export type Direction = 'client' | 'server'

/** PILOT_TRACE_SAMPLING: what holds where nobody sets a rate (istio pilot/pkg/features/telemetry.go). */
export const defaultSampling = 1

/** Providers that cannot take spans; Lightstep is no longer supported (pilot/pkg/networking/core/tracing.go). */
const withoutTracing = [
  'envoyExtAuthzHttp',
  'envoyExtAuthzGrpc',
  'envoyHttpAls',
  'envoyTcpAls',
  'envoyOtelAls',
  'envoyFileAccessLog',
  'sds',
  'prometheus',
  'lightstep',
]

/**
 * Whether a workload's proxy reports spans, to whom and how many. Where the two directions differ (a Telemetry may be
 * restricted to one) it is that of requests which the workload serves, or else of those it makes.
 */
export function telemetryOf(mesh: Mesh, workload: Workload): TelemetryChoice {
  const variants = possibleTelemetries(mesh, workload).map(telemetries => ({
    server: trace(mesh, telemetries, workload, 'server'),
    client: trace(mesh, telemetries, workload, 'client'),
  }))
  const [first, ...others] = variants
  if (first === undefined) return trace(mesh, [], workload, 'server')
  const chosen =
    first.server.tracing.on === false && first.client.tracing.on !== false ? first.client : first.server
  const facts = sameTracing(first.server, first.client)
    ? chosen.facts
    : [...chosen.facts, fact('Requests that the workload serves and those it makes are traced differently')]
  if (others.every(one => sameTracing(one.server, first.server) && sameTracing(one.client, first.client)))
    return {...chosen, facts}
  return {
    tracing: {...chosen.tracing, on: 'unknown', reason: 'rivals'},
    facts: [
      ...facts,
      fact('Several Telemetries claim the same place; the oldest counts, and their age is not known'),
    ],
  }
}

/** The same for one direction: requests that the workload makes (`client`) or serves. */
export function tracingOf(mesh: Mesh, workload: Workload, direction: Direction): TelemetryChoice {
  return trace(mesh, telemetriesOf(mesh, workload), workload, direction)
}

/** The Telemetries that apply to a workload, later ones override earlier ones. */
export function telemetriesOf(mesh: Mesh, workload: Workload): readonly KubeObject[] {
  return possibleTelemetries(mesh, workload)[0] ?? []
}

interface Place {
  /** Without a selector: only the oldest counts. */
  readonly wide: readonly KubeObject[]
  readonly selecting: readonly {readonly object: KubeObject; readonly selector: Labels}[]
}

const nowhere: Place = {wide: [], selecting: []}

const places = perMesh((mesh): ReadonlyMap<string, Place> => {
  const result = new Map<string, {wide: KubeObject[]; selecting: {object: KubeObject; selector: Labels}[]}>()
  for (const object of oldestFirst(mesh.objects('Telemetry'))) {
    const spec = specOf(object)
    // Attached to a Gateway or a waypoint, so not to a workload with a sidecar (policyattachment.go ShouldAttachPolicy).
    if (isRecord(spec['targetRef']) || list(spec['targetRefs']).length > 0) continue
    const place = result.get(object.id.namespace) ?? {wide: [], selecting: []}
    result.set(object.id.namespace, place)
    const selector = policySelector(spec['selector'])
    if (selector === null) place.wide.push(object)
    else place.selecting.push({object, selector})
  }
  return result
})

/**
 * The root namespace's oldest Telemetry without a selector, then that of the workload's namespace, then every one of
 * that namespace which selects the workload, from old to new (istio pilot/pkg/model/telemetry.go applicableTelemetries).
 * Where no age is known each of the rivals may be the oldest: one list for each.
 */
function possibleTelemetries(mesh: Mesh, workload: Workload): readonly (readonly KubeObject[])[] {
  const root = mesh.meshConfig.rootNamespace
  const own = places(mesh).get(workload.namespace) ?? nowhere
  const rootWide = oldestOnes((places(mesh).get(root) ?? nowhere).wide)
  const ownWide = workload.namespace === root ? [null] : oldestOnes(own.wide)
  const selecting = orders(
    own.selecting.filter(({selector}) => matches(selector, workload.labels)).map(({object}) => object),
  )
  return rootWide.flatMap(a =>
    ownWide.flatMap(b => selecting.map(all => [a, b, ...all].filter(one => one !== null))),
  )
}

/** Those that may be the oldest: one where it is known, `null` where there is none. */
function oldestOnes(sorted: readonly KubeObject[]): readonly (KubeObject | null)[] {
  const [first] = sorted
  if (first === undefined) return [null]
  return createdAt(first) === null ? distinct(sorted) : [first]
}

/** What comes last overrides; the order of those without an age is not known, so each of them may be the last. */
function orders(sorted: readonly KubeObject[]): readonly (readonly KubeObject[])[] {
  const ageless = sorted.filter(one => createdAt(one) === null)
  if (ageless.length < 2) return [sorted]
  return distinct(ageless).map(last => [...sorted.filter(one => one !== last), last])
}

/** Rivals that say the same are none; more than a few different ones only repeat that the answer is not known. */
function distinct(rivals: readonly KubeObject[]): readonly KubeObject[] {
  const bySaying = new Map<string, KubeObject>()
  for (const one of rivals) {
    const said = JSON.stringify(specOf(one)['tracing'] ?? null)
    if (!bySaying.has(said)) bySaying.set(said, one)
  }
  return [...bySaying.values()].slice(0, 8)
}

function specOf(object: KubeObject): JsonObject {
  return record(object.value['spec'])
}

interface Spec {
  provider: string | null
  named: {readonly object: KubeObject | null; readonly path: Path}
  sampling: number | null
  disabled: boolean
  facts: Fact[]
  touched: boolean
}

/** istio pilot/pkg/model/telemetry.go Tracing and pilot/pkg/networking/core/tracing.go configureTracing. */
function trace(
  mesh: Mesh,
  telemetries: readonly KubeObject[],
  workload: Workload,
  direction: Direction,
): TelemetryChoice {
  const spec = merge(mesh, telemetries, direction)
  const sampling = spec.sampling ?? proxySampling(mesh, workload)
  const answer = (
    on: Tracing['on'],
    reason: Tracing['reason'],
    ...more: readonly Fact[]
  ): TelemetryChoice => ({
    tracing: {on, provider: spec.provider, sampling, reason},
    facts: [...spec.facts, ...more],
  })
  if (spec.provider === null) return answer(false, 'no-provider', ...noProviderFacts(mesh, spec))
  if (spec.disabled) return answer(false, 'disabled')
  const {provider: name, named} = spec
  const provider = mesh.meshConfig.extensionProviders.find(
    one => one.name.toLowerCase() === name.toLowerCase(),
  )
  if (provider === undefined) {
    if (!mesh.meshConfig.known)
      return answer(
        'unknown',
        'mesh-config-unknown',
        fact(
          `Whether provider ${name} exists depends on the mesh config, which is not in the input`,
          named.object,
          named.path,
        ),
      )
    return answer(
      false,
      'unknown-provider',
      fact(`The mesh config has no extension provider ${name}, so tracing is off`, named.object, named.path),
    )
  }
  if (withoutTracing.includes(provider.kind)) {
    return answer(
      false,
      'unknown-provider',
      fact(
        `Provider ${name} (${provider.kind}) takes no spans, so tracing is off`,
        mesh.meshConfig.object,
        provider.path,
      ),
    )
  }
  const lost = unreachable(mesh, provider)
  if (lost !== null) return answer(false, 'unknown-provider', lost)
  return answer(
    true,
    named.object === null || named.object === mesh.meshConfig.object ? 'default-provider' : 'telemetry',
  )
}

function merge(mesh: Mesh, telemetries: readonly KubeObject[], direction: Direction): Spec {
  const fallback = mesh.meshConfig.defaultTracingProviders[0] ?? null
  const spec: Spec = {
    provider: fallback,
    named: {object: mesh.meshConfig.object, path: []},
    sampling: null,
    disabled: false,
    facts: [],
    touched: false,
  }
  if (fallback !== null)
    spec.facts.push(fact(`The mesh's default tracing provider is ${fallback}`, mesh.meshConfig.object))
  for (const object of telemetries) {
    for (const [index, entry] of list(specOf(object)['tracing']).entries()) {
      if (isRecord(entry) && concernsDirection(entry, direction))
        override(spec, entry, object, ['spec', 'tracing', index])
    }
  }
  return spec
}

function concernsDirection(entry: JsonObject, direction: Direction): boolean {
  const mode = text(record(entry['match'])['mode'])
  return mode === undefined || (mode !== 'CLIENT' && mode !== 'SERVER') || mode.toLowerCase() === direction
}

/** Field by field: what an entry does not set stays as it was. Only the first provider counts. */
function override(spec: Spec, entry: JsonObject, object: KubeObject, path: Path): void {
  const name = `Telemetry ${object.id.namespace}/${object.id.name}`
  const provider = text(records(entry['providers'])[0]?.['name'])
  const sampling = number(entry['randomSamplingPercentage'])
  const disabled = flag(entry['disableSpanReporting'])
  spec.touched = true
  if (provider !== undefined) {
    const place: Path = [...path, 'providers', 0, 'name']
    spec.provider = provider
    spec.named = {object, path: place}
    spec.facts.push(fact(`${name} names the provider ${provider}`, object, place))
  }
  if (sampling !== undefined) {
    spec.sampling = sampling
    spec.facts.push(
      fact(`${name} samples ${sampling}% of the requests`, object, [...path, 'randomSamplingPercentage']),
    )
  }
  if (disabled !== undefined) {
    spec.disabled = disabled
    if (disabled)
      spec.facts.push(fact(`${name} turns span reporting off`, object, [...path, 'disableSpanReporting']))
  }
}

function noProviderFacts(mesh: Mesh, spec: Spec): readonly Fact[] {
  const why = spec.touched
    ? 'A Telemetry for tracing without a provider anywhere turns tracing off'
    : 'No tracing provider is named'
  const assumed = mesh.meshConfig.known
    ? []
    : [fact('The mesh config is not in the input; none of its providers is taken to be the default')]
  return [fact(why), ...assumed]
}

/** A provider whose service istiod does not find gets no cluster, and tracing is off; certain only where all Services are known. */
function unreachable(mesh: Mesh, provider: ExtensionProvider): Fact | null {
  if (provider.service === null || !mesh.complete('Service') || !mesh.complete('ServiceEntry')) return null
  const host = provider.service.slice(provider.service.indexOf('/') + 1)
  if (mesh.host(host, mesh.meshConfig.rootNamespace) !== null) return null
  return fact(
    `Provider ${provider.name} sends to ${provider.service}, which is no service here, so tracing is off`,
    mesh.meshConfig.object,
    provider.path,
  )
}

/**
 * The rate of the proxy's own configuration: the pod's annotation (read when the proxy starts), else the mesh's
 * default, else 1 per cent. 0 counts as unset, above 100 as 1 (tracing.go proxyConfigSamplingValue).
 */
function proxySampling(mesh: Mesh, workload: Workload): number {
  const annotated = workload.annotations['proxy.istio.io/config']
  const own = annotated === undefined ? 0 : samplingOf(readYaml(annotated).value)
  const rate = own === 0 ? meshSampling(mesh) : own
  return rate === 0 ? defaultSampling : rate > 100 ? 1 : rate
}

const meshSampling = perMesh((mesh): number => {
  const {object} = mesh.meshConfig
  if (object === null) return 0
  const written = text(record(object.value['data'])['mesh'])
  const values =
    written === undefined ? record(specOf(object)['meshConfig']) : record(readYaml(written).value)
  return samplingOf(values['defaultConfig'])
})

function samplingOf(proxyConfig: JsonObject[string]): number {
  return number(record(record(proxyConfig)['tracing'])['sampling']) ?? 0
}

function sameTracing(a: TelemetryChoice, b: TelemetryChoice): boolean {
  const [left, right] = [a.tracing, b.tracing]
  return left.on === right.on && left.provider === right.provider && left.sampling === right.sampling
}
