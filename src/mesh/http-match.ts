import {flag, isRecord, number, record, text, textMap, texts} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import type {Labels} from './mesh.ts'

/** The request methods that a pattern can stand for. */
export const httpMethods: readonly string[] = [
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'POST',
  'PATCH',
  'CONNECT',
  'TRACE',
]

/** One entry of a route's `match`: what is decided when the configuration is built, and what request by request. */
export interface HttpMatch {
  readonly gateways: readonly string[]
  readonly sourceLabels: Labels
  readonly sourceNamespace: string | null
  /** The port of the service that the client calls. */
  readonly port: number | null
  /** The conditions on a request in plain words, empty where every request meets them. */
  readonly conditions: readonly string[]
  /** The methods that can meet the conditions, null for all. */
  readonly methods: readonly string[] | null
  /** Whether every request meets it: Istio sends no route after such a one (route.go IsCatchAllRoute). */
  readonly everything: boolean
}

/** A `match` entry of a VirtualService's HTTP route (istio pilot/pkg/networking/core/route/route.go TranslateRouteMatch). */
export function readHttpMatch(value: JsonObject): HttpMatch {
  const conditions = [
    ...uriConditions(value),
    ...stringConditions(value, 'method'),
    ...stringConditions(value, 'scheme'),
    ...stringConditions(value, 'authority'),
    ...mapConditions(value['headers'], 'header '),
    ...mapConditions(value['withoutHeaders'], 'not header '),
    ...mapConditions(value['queryParams'], 'query '),
  ]
  return {
    gateways: texts(value['gateways']),
    sourceLabels: textMap(value['sourceLabels']),
    sourceNamespace: text(value['sourceNamespace']) || null,
    port: number(value['port']) || null,
    conditions,
    methods: methodsOf(value['method']),
    everything: conditions.length === 0,
  }
}

/**
 * Whether an entry concerns the proxy of a client, and the port it calls: decided when the configuration is built.
 * Where `gateways` is set, sourceLabels and sourceNamespace are not looked at (route.go sourceMatchHTTP).
 */
export function concernsClient(
  match: HttpMatch,
  client: {readonly labels: Labels; readonly namespace: string},
  port: number,
): boolean {
  if (match.port !== null && match.port !== port) return false
  if (match.gateways.length > 0) return match.gateways.includes('mesh')
  if (match.sourceNamespace !== null && match.sourceNamespace !== client.namespace) return false
  return Object.entries(match.sourceLabels).every(([key, value]) => client.labels[key] === value)
}

/** Whether source conditions are written that `gateways` beside them turns off. */
export function sourceIgnored(match: HttpMatch): boolean {
  return (
    match.gateways.length > 0 &&
    (Object.keys(match.sourceLabels).length > 0 || match.sourceNamespace !== null)
  )
}

/**
 * The methods for which a StringMatch on `:method` holds, null where there is none. A regex matches the whole method
 * (RE2); what JavaScript cannot compile is taken to match every method, since nothing safer is known.
 */
export function methodsOf(match: Json | undefined): readonly string[] | null {
  if (!isRecord(match)) return null
  const exact = text(match['exact'])
  if (exact !== undefined) return [exact]
  const prefix = text(match['prefix'])
  if (prefix !== undefined) return httpMethods.filter(method => method.startsWith(prefix))
  const regex = text(match['regex'])
  if (regex === undefined || regex === '') return null
  const whole = wholeRegex(regex)
  return whole === null ? null : httpMethods.filter(method => whole.test(method))
}

function wholeRegex(regex: string): RegExp | null {
  const caseless = regex.startsWith('(?i)')
  try {
    return new RegExp(`^(?:${caseless ? regex.slice(4) : regex})$`, caseless ? 'i' : '')
  } catch {
    return null
  }
}

function uriConditions(value: JsonObject): readonly string[] {
  const uri = record(value['uri'])
  if (uri['prefix'] === '/' || uri['regex'] === '.*') return []
  const caseless = flag(value['ignoreUriCase']) === true ? ' (any case)' : ''
  return stringConditions(value, 'uri').map(condition => `${condition}${caseless}`)
}

function stringConditions(value: JsonObject, field: string): readonly string[] {
  const match = value[field]
  if (!isRecord(match)) return []
  const condition = describeStringMatch(match)
  // `uri: {}` leaves Istio's own prefix `/` in place; an empty match on anything else asks for its presence.
  if (condition === null) return field === 'uri' ? [] : [`${field} is present`]
  return [`${field} ${condition}`]
}

function mapConditions(value: Json | undefined, prefix: string): readonly string[] {
  return Object.entries(record(value)).map(([name, match]) => {
    const condition = isRecord(match) ? describeStringMatch(match) : null
    return condition === null ? `${prefix}${name} is present` : `${prefix}${name} ${condition}`
  })
}

function describeStringMatch(match: JsonObject): string | null {
  const exact = text(match['exact'])
  if (exact !== undefined) return `is ${exact}`
  const prefix = text(match['prefix'])
  if (prefix !== undefined) return `starts with ${prefix}`
  const regex = text(match['regex'])
  return regex === undefined ? null : `matches ${regex}`
}
