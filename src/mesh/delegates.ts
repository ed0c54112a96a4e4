import {
  entries,
  flag,
  isRecord,
  list,
  number,
  record,
  records,
  text,
  textMap,
  texts,
} from '../objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../objects/object.ts'
import {exported} from './export-to.ts'
import {gatewayKey} from './gateways.ts'
import type {Mesh} from './mesh.ts'
import {perMesh} from './per-mesh.ts'

/** A route as written, or as merged with its delegate, and where it stands. */
export interface WrittenRoute {
  readonly value: JsonObject
  readonly object: KubeObject
  readonly path: Path
}

export type DelegateProblem = 'delegate-missing' | 'delegate-not-exported' | 'delegate-conflicts'

/** A route of a root VirtualService that istiod drops, since what it delegates to cannot serve it. */
export interface DroppedRoute {
  readonly problem: DelegateProblem
  /** `namespace/name` of the delegate. */
  readonly delegate: string
  readonly object: KubeObject
  readonly path: Path
}

export interface DelegatedRoutes {
  readonly routes: readonly WrittenRoute[]
  readonly dropped: readonly DroppedRoute[]
}

/** VirtualServices without hosts: they serve only what others delegate to them. */
const delegates = perMesh(
  (mesh): ReadonlyMap<string, KubeObject> =>
    new Map(
      mesh
        .objects('VirtualService')
        .filter(one => texts(specOf(one)['hosts']).length === 0)
        .map(one => [`${one.id.namespace}/${one.id.name}`, one]),
    ),
)

/**
 * The HTTP routes of a VirtualService with its delegates merged in
 * (istio pilot/pkg/model/virtualservice_controller.go mergeVirtualServices): a delegate that is missing, or not
 * exported to the root's namespace, costs that one route; delegates of delegates are not followed.
 */
export function writtenRoutes(mesh: Mesh, root: KubeObject): DelegatedRoutes {
  const routes: WrittenRoute[] = []
  const dropped: DroppedRoute[] = []
  for (const [index, value] of entries(specOf(root)['http'])) {
    const path: Path = ['spec', 'http', index]
    if (!isRecord(value['delegate'])) {
      routes.push({value, object: root, path})
      continue
    }
    const key = delegateKey(value['delegate'], root)
    const delegate = delegates(mesh).get(key)
    if (delegate === undefined || !reaches(mesh, delegate, root.id.namespace)) {
      const problem = delegate === undefined ? 'delegate-missing' : 'delegate-not-exported'
      dropped.push({problem, delegate: key, object: root, path: [...path, 'delegate']})
      continue
    }
    for (const [place, route] of entries(specOf(delegate)['http'])) {
      const merged = mergeRoute(value, route, root, delegate)
      const where: Path = ['spec', 'http', place]
      if (merged === null)
        dropped.push({problem: 'delegate-conflicts', delegate: key, object: delegate, path: where})
      else routes.push({value: merged, object: delegate, path: where})
    }
  }
  return {routes, dropped}
}

function specOf(object: KubeObject): JsonObject {
  return record(object.value['spec'])
}

function delegateKey(reference: JsonObject, root: KubeObject): string {
  return `${text(reference['namespace']) || root.id.namespace}/${text(reference['name']) ?? ''}`
}

function reaches(mesh: Mesh, delegate: KubeObject, namespace: string): boolean {
  const written = texts(specOf(delegate)['exportTo'])
  return exported(
    written.length > 0 ? written : mesh.meshConfig.defaultVirtualServiceExportTo,
    delegate.id.namespace,
    namespace,
  )
}

/** Fields that a delegate's route takes from the root's where it sets none (virtualservice.go mergeHTTPRoute). */
const inherited = [
  'rewrite',
  'directResponse',
  'timeout',
  'retries',
  'fault',
  'mirror',
  'mirrorPercent',
  'mirrorPercentage',
  'corsPolicy',
  'mirrors',
  'headers',
] as const

function mergeRoute(
  rootRoute: JsonObject,
  route: JsonObject,
  root: KubeObject,
  delegate: KubeObject,
): JsonObject | null {
  const match = mergeMatches(records(rootRoute['match']), records(route['match']), root, delegate)
  if (match === null) return null
  const taken = inherited.filter(field => route[field] === undefined || route[field] === null)
  return {
    ...route,
    ...Object.fromEntries(taken.map(field => [field, rootRoute[field]])),
    delegate: undefined,
    match,
  }
}

/** Every entry of the delegate must be narrower than one of the root's; otherwise its route is dropped. */
function mergeMatches(
  rootMatches: readonly JsonObject[],
  matches: readonly JsonObject[],
  root: KubeObject,
  delegate: KubeObject,
): readonly JsonObject[] | null {
  if (rootMatches.length === 0) return matches
  if (matches.length === 0) return rootMatches
  const merged: JsonObject[] = []
  for (const match of matches) {
    const fitting = rootMatches.filter(one => !conflicts(one, match, root, delegate))
    if (fitting.length === 0) return null
    merged.push(...fitting.map(one => mergeMatch(one, match)))
  }
  return merged
}

function mergeMatch(rootMatch: JsonObject, match: JsonObject): JsonObject {
  const joined = ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'].map(
    field => [field, {...record(rootMatch[field]), ...record(match[field])}] as const,
  )
  const kept = Object.fromEntries(
    Object.entries(match).filter(([, value]) => value !== null && value !== 0 && value !== ''),
  )
  const gateways = list(match['gateways']).length > 0 ? match['gateways'] : rootMatch['gateways']
  return {...rootMatch, ...kept, ...Object.fromEntries(joined), gateways}
}

/** virtualservice.go hasConflict. */
function conflicts(
  rootMatch: JsonObject,
  match: JsonObject,
  root: KubeObject,
  delegate: KubeObject,
): boolean {
  if (['uri', 'scheme', 'method', 'authority'].some(field => stringsConflict(rootMatch[field], match[field])))
    return true
  if (
    ['headers', 'withoutHeaders', 'queryParams'].some(field => mapsConflict(rootMatch[field], match[field]))
  )
    return true
  if ((flag(rootMatch['ignoreUriCase']) ?? false) !== (flag(match['ignoreUriCase']) ?? false)) return true
  const ports = [number(rootMatch['port']) || null, number(match['port']) || null]
  if (ports[0] !== null && ports[1] !== null && ports[0] !== ports[1]) return true
  const namespace = text(rootMatch['sourceNamespace']) ?? ''
  if (namespace !== '' && text(match['sourceNamespace']) !== namespace) return true
  const labels = textMap(rootMatch['sourceLabels'])
  if (
    Object.entries(textMap(match['sourceLabels'])).some(
      ([key, value]) => labels[key] !== undefined && labels[key] !== value,
    )
  )
    return true
  return gatewaysConflict(gatewaysOf(rootMatch, root), gatewaysOf(match, delegate))
}

function gatewaysOf(match: JsonObject, owner: KubeObject): readonly string[] {
  return texts(match['gateways']).map(ref => gatewayKey(ref, owner.id.namespace))
}

function gatewaysConflict(rootGateways: readonly string[], gateways: readonly string[]): boolean {
  if (rootGateways.length === 0 || gateways.length === 0) return false
  return rootGateways.length < gateways.length || !gateways.every(gateway => rootGateways.includes(gateway))
}

function mapsConflict(rootMap: Json | undefined, map: Json | undefined): boolean {
  const roots = record(rootMap)
  return Object.entries(record(map)).some(
    ([key, value]) => Object.hasOwn(roots, key) && stringsConflict(roots[key], value),
  )
}

/** virtualservice.go stringMatchConflict: no conflict only where the delegate's pattern lies within the root's. */
function stringsConflict(root: Json | undefined, leaf: Json | undefined): boolean {
  if (!isRecord(root) || !isRecord(leaf)) return false
  const [rootExact, rootPrefix, rootRegex] = patternsOf(root)
  const [exact, prefix, regex] = patternsOf(leaf)
  if (rootRegex !== '' && `${exact}${prefix}${regex}` !== '') return true
  if (regex !== '' && `${rootExact}${rootPrefix}${rootRegex}` !== '') return true
  if (rootExact !== '') return prefix !== '' || exact !== rootExact
  if (rootPrefix !== '' && prefix !== '') return !prefix.startsWith(rootPrefix)
  if (rootPrefix !== '' && exact !== '') return !exact.startsWith(rootPrefix)
  return true
}

function patternsOf(match: JsonObject): readonly [string, string, string] {
  return [text(match['exact']) ?? '', text(match['prefix']) ?? '', text(match['regex']) ?? '']
}
