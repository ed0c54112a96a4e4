import {isRecord, text} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'

/** Reads one line of an access log: the values of the operators in its format; null for a line that is no entry. */
export type LineReader = (line: string) => Entry | null

/** What a line says, by operator without its `%`: `DOWNSTREAM_REMOTE_ADDRESS`, `REQ(USER-AGENT)`. */
export type Entry = ReadonlyMap<string, string>

const operator = /%([A-Z_]+(?:\((?:[^()]|\([^()]*\))*\))?)(?::\d+)?%/g

/**
 * Makes a reader for a text format. A client chooses what stands in its headers and may put anything there, quotes too,
 * so a header takes what is left once everything else is in its place: no value can pose as one of those after it.
 */
export function textReader(format: string): LineReader {
  const names: string[] = []
  let pattern = ''
  let end = 0
  for (const match of format.matchAll(operator)) {
    const [whole, name = ''] = match
    pattern += escaped(format.slice(end, match.index)) + valuePattern(name, format[match.index - 1])
    names.push(name)
    end = match.index + whole.length
  }
  const line = new RegExp(`^${pattern}${escaped(format.slice(end).trimEnd())}$`)
  return written => {
    const values = line.exec(written)?.slice(1)
    if (values === undefined) return null
    return new Map(names.flatMap((name, index) => given(name, values[index] ?? '-')))
  }
}

function valuePattern(name: string, before: string | undefined): string {
  if (/^(REQ|RESP|TRAILER)/.test(name)) return '(.*)'
  return before === '"' ? '([^"]*)' : '(\\S*)'
}

function escaped(literal: string): string {
  return literal.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Makes a reader for a JSON format. Only fields that hold one operator and nothing else are read. */
export function jsonReader(format: JsonObject): LineReader {
  const fields = fieldsOf(format, [])
  return written => {
    if (!written.startsWith('{')) return null
    const value = parsed(written)
    if (value === null) return null
    return new Map(fields.flatMap(({name, path}) => given(name, valueAt(value, path))))
  }
}

interface Field {
  readonly name: string
  readonly path: readonly string[]
}

function fieldsOf(format: JsonObject, path: readonly string[]): readonly Field[] {
  return Object.entries(format).flatMap(([key, value]): readonly Field[] => {
    if (isRecord(value)) return fieldsOf(value, [...path, key])
    const [match, ...others] = (text(value) ?? '').matchAll(operator)
    if (match === undefined || others.length > 0 || match[0] !== value) return []
    return [{name: match[1] ?? '', path: [...path, key]}]
  })
}

function valueAt(value: JsonObject, path: readonly string[]): string {
  const found = path.reduce<Json | undefined>((at, key) => (isRecord(at) ? at[key] : undefined), value)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '-'
}

function parsed(line: string): JsonObject | null {
  try {
    const value = JSON.parse(line) as Json
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

/** Envoy writes `-` where there is nothing. */
function given(name: string, value: string): readonly (readonly [string, string])[] {
  return value === '-' || value === '' ? [] : [[name, value]]
}

/** The operators that a format has, for who wants to know what its lines can tell. */
export function operatorsIn(format: string | JsonObject): ReadonlySet<string> {
  if (typeof format !== 'string') return new Set(fieldsOf(format, []).map(({name}) => name))
  return new Set([...format.matchAll(operator)].map(match => match[1] ?? ''))
}

/** Istio's own text format (istio pilot/pkg/model/telemetry_logging.go EnvoyTextLogFormat). */
export const istioTextFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n'

/** Those of its JSON format that are read here (the same file, EnvoyJSONLogFormatIstio). */
export const istioJsonFormat: JsonObject = {
  response_flags: '%RESPONSE_FLAGS%',
  user_agent: '%REQ(USER-AGENT)%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
}
