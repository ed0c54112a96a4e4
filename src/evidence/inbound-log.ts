import {at, isRecord, record, records, text} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {istioJsonFormat, istioTextFormat, jsonReader, operatorsIn, textReader} from './log-format.ts'
import type {LineReader} from './log-format.ts'

/** What a server's proxy writes of the calls that it takes, by its own configuration. */
export type InboundLog =
  | {
      readonly kind: 'readable'
      readonly read: LineReader
      /** Since when it writes it, as the proxy says; null where it does not say. */
      readonly since: Date | null
    }
  /** It writes none, so that asking for one takes nothing away. */
  | {readonly kind: 'none'}
  /** It writes one that cannot be used, and asking for another would stand in its place. */
  | {readonly kind: 'unusable'; readonly because: string}

const streams = ['/dev/stdout', '/dev/stderr', '/proc/self/fd/1', '/proc/self/fd/2']

/**
 * Reads the access log of the inbound listener from a `/config_dump`. A log with a filter tells only of some calls; the
 * one that was asked for has just the filter that was asked for.
 */
export function inboundLog(dump: Json, filter: string | null = null): InboundLog {
  const state = inboundListener(dump)
  const logs = distinct(logsOf(record(state['listener'])))
  const [first] = logs
  if (first === undefined) return {kind: 'none'}
  const files = logs.filter(log => text(record(log['typed_config'])['path']) !== undefined)
  if (files.length === 0) return unusable('it goes to a collector and not to the proxy\u2019s own log')
  const own = files.find(
    log => streams.includes(text(record(log['typed_config'])['path']) ?? '') && filterOf(log) === filter,
  )
  if (own === undefined) return unusable(whyNot(files, filter))
  const format = formatOf(record(own['typed_config']))
  const lacking = lackingIn(operatorsIn(format))
  if (lacking !== null) return unusable(`its format does not say ${lacking}`)
  const updated = Date.parse(text(state['last_updated']) ?? '')
  return {
    kind: 'readable',
    read: readerOf(format),
    since: Number.isNaN(updated) ? null : new Date(updated),
  }
}

function whyNot(files: readonly JsonObject[], filter: string | null): string {
  if (filter !== null) return 'it is not the one that was asked for'
  return files.some(log => log['filter'] !== undefined)
    ? 'a filter leaves calls out of it'
    : 'it goes to a file inside the container'
}

/** Null without a filter; one of another kind than an expression is none that was asked for. */
function filterOf(log: JsonObject): string | null {
  if (log['filter'] === undefined) return null
  return text(at(log['filter'], ['extension_filter', 'typed_config', 'expression'])) ?? ''
}

function unusable(because: string): InboundLog {
  return {kind: 'unusable', because}
}

/** Where the configuration could not be read, lines are taken by their looks, in Istio's own two formats. */
export const istioLine: LineReader = (() => {
  const [inText, inJson] = [textReader(istioTextFormat), jsonReader(istioJsonFormat)]
  return line => (line.startsWith('{') ? inJson(line) : inText(line))
})()

function readerOf(format: string | JsonObject): LineReader {
  return typeof format === 'string' ? textReader(format) : jsonReader(format)
}

function inboundListener(dump: Json): JsonObject {
  // Asked for its listeners alone, Envoy gives them one by one instead of in their list.
  const listeners = records(record(dump)['configs'])
    .flatMap(config => [config, ...records(config['dynamic_listeners'])])
    .map(one => record(one['active_state']))
  return listeners.find(state => record(state['listener'])['name'] === 'virtualInbound') ?? {}
}

/** Of the chains that pass calls on; the listener's own log has only those that no chain takes. */
function logsOf(listener: JsonObject): readonly JsonObject[] {
  const chains = [...records(listener['filter_chains']), record(listener['default_filter_chain'])]
  return chains.flatMap(chain =>
    records(chain['filters']).flatMap(filter => records(record(filter['typed_config'])['access_log'])),
  )
}

function distinct(logs: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(logs.map(log => [JSON.stringify(log), log])).values()]
}

function formatOf(config: JsonObject): string | JsonObject {
  const format = record(config['log_format'])
  if (isRecord(format['json_format'])) return format['json_format']
  return text(record(format['text_format_source'])['inline_string']) ?? text(format['text_format']) ?? ''
}

const addresses = ['DOWNSTREAM_REMOTE_ADDRESS', 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS']
const identities = ['REQUESTED_SERVER_NAME', 'DOWNSTREAM_PEER_URI_SAN', 'DOWNSTREAM_TLS_VERSION']

function lackingIn(operators: ReadonlySet<string>): string | null {
  if (!addresses.some(one => operators.has(one))) return 'from which address a call comes'
  if (!operators.has('DOWNSTREAM_LOCAL_ADDRESS')) return 'to which port a call goes'
  if (!identities.some(one => operators.has(one))) return 'whether a call came over mTLS'
  return null
}
