import {isRecord, number, record, records, entries, text, texts, at} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'
import {ageKnown, oldestFirst} from './age.ts'
import {mostSpecific, qualifyHost} from './hosts.ts'
import type {DestinationRuleChoice, Mesh, Service, TlsMode, TrafficPolicy, Workload} from './mesh.ts'
import {readOutlierDetection} from './outliers.ts'
import {perMesh} from './per-mesh.ts'
import {matches, policySelector} from './selectors.ts'
import {textMap} from '../objects/json.ts'

/** What istiod makes of the DestinationRules of one namespace and host (model.ConsolidatedDestRule). */
interface Consolidated {
  /** The rule whose selector and exportTo count; its top-level policy is `policy`'s owner unless that came later. */
  readonly first: KubeObject
  readonly exportTo: ReadonlySet<string>
  readonly from: KubeObject[]
  subsets: {
    readonly name: string
    readonly value: JsonObject
    readonly rule: KubeObject
    readonly path: Path
  }[]
  policy: {readonly value: JsonObject; readonly rule: KubeObject} | null
}

type ByHost = Map<string, Consolidated[]>

interface Index {
  readonly local: ReadonlyMap<string, ByHost>
  readonly exported: ReadonlyMap<string, ByHost>
  readonly rootPrivate: ByHost
}

const tlsModes = ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'] as const

/** istio pilot/pkg/model/push_context.go setDestinationRules. */
const indexOf = perMesh((mesh): Index => {
  const local = new Map<string, ByHost>()
  const exported = new Map<string, ByHost>()
  const rootPrivate: ByHost = new Map()
  for (const rule of selectorsFirst(mesh.objects('DestinationRule'))) {
    const namespace = rule.id.namespace
    const exportTo = exportToOf(rule)
    const reachesOwn =
      exportTo.size === 0 || exportTo.has('*') || exportTo.has('.') || exportTo.has(namespace)
    if (reachesOwn) merge(childOf(local, namespace), rule, exportTo)
    const privateByDefault =
      exportTo.size === 0 && mesh.meshConfig.defaultDestinationRuleExportTo.includes('.')
    const privateOnly =
      privateByDefault || (exportTo.size === 1 && (exportTo.has('.') || exportTo.has(namespace)))
    if (!privateOnly) merge(childOf(exported, namespace), rule, exportTo)
    else if (namespace === mesh.meshConfig.rootNamespace) merge(rootPrivate, rule, exportTo)
  }
  return {local, exported, rootPrivate}
})

/** istio pilot/pkg/model/push_context.go sortConfigBySelectorAndCreationTime. */
function selectorsFirst(rules: readonly KubeObject[]): readonly KubeObject[] {
  const sorted = oldestFirst(rules)
  return [...sorted.filter(hasSelector), ...sorted.filter(rule => !hasSelector(rule))]
}

function childOf(index: Map<string, ByHost>, namespace: string): ByHost {
  const found = index.get(namespace) ?? new Map<string, Consolidated[]>()
  index.set(namespace, found)
  return found
}

function specOf(rule: KubeObject): JsonObject {
  return record(rule.value['spec'])
}

function hasSelector(rule: KubeObject): boolean {
  return isRecord(specOf(rule)['workloadSelector'])
}

/** A rule with a workloadSelector is private to its namespace whatever it says. */
function exportToOf(rule: KubeObject): ReadonlySet<string> {
  return hasSelector(rule) ? new Set(['.']) : new Set(texts(specOf(rule)['exportTo']))
}

/** The fully qualified host of a DestinationRule. */
export function destinationRuleHost(rule: KubeObject): string {
  return qualifyHost(text(specOf(rule)['host']) ?? '', rule.id.namespace)
}

/** istio pilot/pkg/model/destination_rule.go mergeDestinationRule, with ENABLE_ENHANCED_DESTINATIONRULE_MERGE on. */
function merge(index: ByHost, rule: KubeObject, exportTo: ReadonlySet<string>): void {
  const host = destinationRuleHost(rule)
  const existing = index.get(host)
  if (existing === undefined) {
    index.set(host, [consolidate(rule, exportTo)])
    return
  }
  let separately = true
  for (const one of existing) {
    if (equalSets(exportTo, one.exportTo)) separately = false
    else {
      separately = true
      if (!(one.exportTo.size > 0 && isSuperset(exportTo, one.exportTo))) continue
    }
    const bothSelect = hasSelector(rule) && hasSelector(one.first)
    const sameSelector = bothSelect && equalLabels(rule, one.first)
    if (bothSelect && !sameSelector) {
      separately = true
      continue
    }
    if (sameSelector || (!hasSelector(rule) && !hasSelector(one.first))) separately = false
    absorb(one, rule)
  }
  if (separately) existing.push(consolidate(rule, exportTo))
}

function consolidate(rule: KubeObject, exportTo: ReadonlySet<string>): Consolidated {
  const trafficPolicy = specOf(rule)['trafficPolicy']
  return {
    first: rule,
    exportTo,
    from: [rule],
    subsets: [...subsetsOf(rule)],
    policy: isRecord(trafficPolicy) ? {value: trafficPolicy, rule} : null,
  }
}

/** Subsets are added, duplicates dropped; the first top-level policy stays whole. */
function absorb(one: Consolidated, rule: KubeObject): void {
  one.from.push(rule)
  for (const subset of subsetsOf(rule)) {
    if (!one.subsets.some(known => known.name === subset.name)) one.subsets.push(subset)
  }
  const trafficPolicy = specOf(rule)['trafficPolicy']
  if (one.policy === null && isRecord(trafficPolicy)) one.policy = {value: trafficPolicy, rule}
}

function subsetsOf(rule: KubeObject): Consolidated['subsets'] {
  return entries(specOf(rule)['subsets']).flatMap(([index, value]) => {
    const name = text(value['name'])
    return name === undefined ? [] : [{name, value, rule, path: ['spec', 'subsets', index]}]
  })
}

/**
 * The DestinationRules that count for a client and a service. One namespace only: the client's, else the service's,
 * else the root's, whichever first has any match; nothing is merged across (push_context.go destinationRule, and
 * sidecar.go DestinationRule for the workload selector). Null where none applies.
 */
export function chooseDestinationRule(
  mesh: Mesh,
  client: Workload,
  service: Service,
): DestinationRuleChoice | null {
  const found = candidates(mesh, client.namespace, service)
  if (found === null) return null
  const chosen = selectForClient(found.rules, client)
  return chosen === null ? null : choiceOf(chosen, found)
}

interface Candidates {
  readonly rules: readonly Consolidated[]
  readonly host: string
  readonly from: DestinationRuleChoice['from']
}

function candidates(mesh: Mesh, clientNamespace: string, service: Service): Candidates | null {
  const index = indexOf(mesh)
  const root = mesh.meshConfig.rootNamespace
  const own = clientNamespace === root ? index.rootPrivate : index.local.get(clientNamespace)
  const local = own && mostSpecific(service.host, own)
  if (local !== undefined) return {rules: local[1], host: local[0], from: 'client-namespace'}
  const places = [
    [service.namespace, 'service-namespace'],
    [root, 'root-namespace'],
  ] as const
  for (const [namespace, from] of places) {
    const exported = index.exported.get(namespace)
    const match = exported && mostSpecific(service.host, exported)
    const rules =
      match?.[1].filter(
        ({exportTo}) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(clientNamespace),
      ) ?? []
    if (match !== undefined && rules.length > 0) return {rules, host: match[0], from}
  }
  return null
}

function selectForClient(rules: readonly Consolidated[], client: Workload): Consolidated | null {
  let plain: Consolidated | null = null
  for (const one of rules) {
    if (!hasSelector(one.first)) plain = one
    else if (one.first.id.namespace === client.namespace) {
      const selector = policySelector(specOf(one.first)['workloadSelector']) ?? {}
      if (matches(selector, client.labels)) return one
    }
  }
  return plain
}

function choiceOf(chosen: Consolidated, found: Candidates): DestinationRuleChoice {
  return {
    rules:
      chosen.policy === null
        ? chosen.from
        : [chosen.policy.rule, ...chosen.from.filter(rule => rule !== chosen.policy?.rule)],
    host: found.host,
    from: found.from,
    subsets: chosen.subsets.map(({name, value, rule, path}) => ({
      name,
      labels: textMap(value['labels']),
      rule,
      path,
    })),
    rivals: rivalsOf(chosen),
    policy: (port, subset) => clusterPolicy(chosen, port, subset),
    endpointTlsMode: (port, subset) => endpointTlsMode(chosen, port, subset),
    passesOn: subset => passesOn(chosen, subset),
    // A subset's own balancer decides before that of a port of it is looked at (cluster_builder.go buildSubsetCluster).
    dialsOriginal: (port, subset) =>
      clusterPolicy(chosen, port, subset)?.policy.loadBalancer === 'PASSTHROUGH' ||
      (subset !== null && passesOn(chosen, subset)),
  }
}

function passesOn(chosen: Consolidated, subset: string | null): boolean {
  const policy = subset === null ? chosen.policy?.value : subsetSettings(chosen, subset)?.value
  return record(record(policy)['loadBalancer'])['simple'] === 'PASSTHROUGH'
}

/** Rules of which more than one sets the top-level policy, in an order that nobody knows. */
function rivalsOf(chosen: Consolidated): readonly KubeObject[] {
  const setting = chosen.from.filter(rule => isRecord(specOf(rule)['trafficPolicy']))
  const differ = new Set(setting.map(rule => JSON.stringify(specOf(rule)['trafficPolicy']))).size > 1
  return differ && !ageKnown(setting) ? setting : []
}

type PortLevelField = 'loadBalancer' | 'outlierDetection' | 'tls'

interface Settings {
  readonly value: JsonObject
  readonly path: Path
  readonly rule: KubeObject
}

/**
 * The policy on one cluster. A matching port-level entry replaces the level's four settings wholesale, a subset's
 * fields override field by field (networking/util MergeSubsetTrafficPolicy, model.MergeTrafficPolicy).
 */
function clusterPolicy(
  chosen: Consolidated,
  port: number,
  subset: string | null,
): ReturnType<DestinationRuleChoice['policy']> {
  const top =
    chosen.policy === null ? null : portLevel({...chosen.policy, path: ['spec', 'trafficPolicy']}, port)
  const own = subset === null ? null : subsetSettings(chosen, subset)
  const override = own === null ? null : portLevel(own, port)
  if (top === null && override === null) return null
  const field = (name: PortLevelField): Settings | null => {
    if (override !== null && (isRecord(override.value[name]) || override.replaces || top === null))
      return override
    return top
  }
  const tls = field('tls')
  const outliers = field('outlierDetection')
  const balancer = field('loadBalancer')
  const decisive = tls ?? override ?? top
  if (decisive === null) return null
  const policy: TrafficPolicy = {
    tls: tls === null ? null : readTls(tls),
    outlierDetection: readOutlierDetection(outliers?.value['outlierDetection']),
    loadBalancer: text(record(balancer?.value['loadBalancer'])['simple']) ?? null,
    path: decisive.path,
  }
  return {policy, rule: decisive.rule}
}

function subsetSettings(chosen: Consolidated, name: string): Settings | null {
  const subset = chosen.subsets.find(one => one.name === name)
  const value = subset?.value['trafficPolicy']
  if (subset === undefined || !isRecord(value)) return null
  return {value, rule: subset.rule, path: [...subset.path, 'trafficPolicy']}
}

function portLevel(settings: Settings, port: number): Settings & {readonly replaces: boolean} {
  for (const [index, entry] of entries(settings.value['portLevelSettings'])) {
    if (number(record(entry['port'])['number']) === port) {
      return {...settings, value: entry, path: [...settings.path, 'portLevelSettings', index], replaces: true}
    }
  }
  return {...settings, replaces: false}
}

function readTls(settings: Settings): TrafficPolicy['tls'] {
  const tls = settings.value['tls']
  const mode = tlsMode(tls)
  if (mode === null) return null
  return {
    mode,
    credentialName: text(record(tls)['credentialName']) ?? null,
    subjectAltNames: texts(record(tls)['subjectAltNames']),
    path: [...settings.path, 'tls'],
  }
}

/** A `tls` block without a mode means DISABLE, the enum's zero value. */
function tlsMode(tls: Json | undefined): TlsMode | null {
  if (!isRecord(tls)) return null
  return tlsModes.find(mode => mode === tls['mode']) ?? 'DISABLE'
}

/** istio pilot/pkg/xds/endpoints/mtls_checker.go tlsModeForDestinationRule: unlike the cluster, this inherits. */
function endpointTlsMode(chosen: Consolidated, port: number, subset: string | null): TlsMode | null {
  const top = modeForPort(chosen.policy?.value, port)
  if (subset === null) return top
  const found = chosen.subsets.find(one => one.name === subset)
  if (found === undefined) return null
  return modeForPort(found.value['trafficPolicy'], port) ?? top
}

function modeForPort(policy: Json | undefined, port: number): TlsMode | null {
  const settings = records(record(policy)['portLevelSettings']).find(
    entry => number(record(entry['port'])['number']) === port && isRecord(entry['tls']),
  )
  return tlsMode(settings === undefined ? at(policy, ['tls']) : settings['tls'])
}

function equalSets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && isSuperset(a, b)
}

function isSuperset(outer: ReadonlySet<string>, inner: ReadonlySet<string>): boolean {
  return [...inner].every(item => outer.has(item))
}

function equalLabels(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a, b].map(rule => policySelector(specOf(rule)['workloadSelector']) ?? {}) as [
    object,
    object,
  ]
  const sorted = (labels: object): string => JSON.stringify(Object.entries(labels).sort())
  return sorted(left) === sorted(right)
}
