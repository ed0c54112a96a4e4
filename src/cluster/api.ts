import https from 'node:https'
import http from 'node:http'
import type {IncomingMessage, RequestOptions} from 'node:http'
import {setTimeout as sleep} from 'node:timers/promises'
import {MeshctlError} from '../cli/error.ts'
import {isRecord, number, record, text} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import type {Connection} from './connect.ts'
import {messageOf} from './connect.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Json
  readonly contentType?: string
  readonly signal?: AbortSignal
}

/** What the API server answered where it is not what was asked for: its Status. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string
  readonly details: JsonObject

  constructor(status: number, reason: string, message: string, details: JsonObject) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.reason = reason
    this.details = details
  }
}

/** Requests to one API server, with plain JSON in and out: what it sends is what is seen, to the letter. */
export interface Api {
  readonly connection: Connection
  request(request: ApiRequest): Promise<JsonObject>
  /** The same, for answers that are no JSON. */
  requestText(request: ApiRequest): Promise<string>
}

/**
 * Opens an API. Authentication (certificates, tokens, exec and OIDC plugins) is the client library's; the requests are
 * not, since its typed clients turn dates into objects and drop fields that they don't know.
 */
export function openApi(connection: Connection): Api {
  const secure = connection.server.startsWith('https:')
  const agent = secure
    ? new https.Agent({keepAlive: true, maxSockets: 16})
    : new http.Agent({keepAlive: true, maxSockets: 16})
  const credentials = credentialsOf(connection)
  const requestText = (request: ApiRequest): Promise<string> =>
    send({connection, agent, secure, credentials}, request)
  return {
    connection,
    requestText,
    request: async request => {
      const answer: unknown = JSON.parse(await requestText(request))
      return isRecord(answer as Json) ? (answer as JsonObject) : {}
    },
  }
}

type Credentials = RequestOptions & https.RequestOptions

/** Long enough for requests that come together, and shorter than what any token is still good for. */
const credentialsAge = 10_000

/**
 * What the client library adds to a request. A plugin that gives credentials without saying until when would otherwise be
 * run for each request, of which there are dozens at once.
 */
function credentialsOf(connection: Connection): () => Promise<Credentials> {
  let last: {readonly at: number; readonly found: Promise<Credentials>} | null = null
  return () => {
    if (last === null || Date.now() - last.at > credentialsAge)
      last = {at: Date.now(), found: askForCredentials(connection)}
    return last.found
  }
}

async function askForCredentials(connection: Connection): Promise<Credentials> {
  const options: Credentials = {headers: {}}
  try {
    await connection.config.applyToHTTPSOptions(options)
  } catch (cause) {
    throw new MeshctlError(
      'no-cluster',
      `the credentials for context ${connection.context} (${connection.server}) could not be had: ${messageOf(cause)}`,
      {try: [`kubectl --context ${connection.context} auth whoami`, 'kubectl config view --minify'], cause},
    )
  }
  return options
}

interface Way {
  readonly connection: Connection
  readonly agent: http.Agent
  readonly secure: boolean
  readonly credentials: () => Promise<Credentials>
}

async function send({connection, agent, secure, credentials}: Way, request: ApiRequest): Promise<string> {
  const url = new URL(connection.server.replace(/\/$/, '') + request.path)
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, value)
  const options = await credentials()
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const headers = {
    accept: 'application/json',
    ...(options.headers as Record<string, string>),
    ...(body === undefined
      ? {}
      : {
          'content-type': request.contentType ?? 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        }),
  }
  try {
    return await exchangePatiently(
      secure,
      url,
      {
        ...options,
        method: request.method ?? 'GET',
        agent: options.agent ?? agent,
        headers,
        ...(request.signal === undefined ? {} : {signal: request.signal}),
      },
      body,
    )
  } catch (cause) {
    if (cause instanceof ApiError || (cause instanceof Error && cause.name === 'AbortError')) throw cause
    throw unreachable(connection, cause)
  }
}

function unreachable(connection: Connection, cause: unknown): MeshctlError {
  return new MeshctlError(
    'no-cluster',
    `the cluster of context ${connection.context} (${connection.server}) does not answer: ${messageOf(cause)}`,
    {
      try: [
        `kubectl --context ${connection.context} get --raw /readyz`,
        'meshctl status --from DIR  # works without a cluster',
      ],
      cause,
    },
  )
}

/**
 * A server with too much to do says when to come back, having done nothing (429, API priority and fairness); one that
 * drops a connection before it is secure has not even been asked.
 */
async function exchangePatiently(
  secure: boolean,
  url: URL,
  options: RequestOptions,
  body: string | undefined,
): Promise<string> {
  for (let round = 1; ; round += 1) {
    try {
      return await exchange(secure, url, options, body)
    } catch (error) {
      if (round > 5) throw error
      if (error instanceof Unasked) continue
      if (!(error instanceof ApiError && error.status === 429)) throw error
      const seconds = Math.min(number(error.details['retryAfterSeconds']) ?? round, 10)
      await sleep(seconds * 1000, undefined, options.signal === undefined ? {} : {signal: options.signal})
    }
  }
}

function exchange(
  secure: boolean,
  url: URL,
  options: RequestOptions,
  body: string | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(url, options, response => {
      readAll(response).then(answer => settle(response, answer, resolve, reject), reject)
    })
    let asked = !secure
    sent.on('socket', socket => {
      if (sent.reusedSocket) asked = true
      else socket.once('secureConnect', () => (asked = true))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const dropped = !asked && error.code === 'ECONNRESET'
      reject(dropped ? new Unasked(error.message, {cause: error}) : error)
    })
    sent.end(body)
  })
}

/** The connection ended before the request could be sent. */
class Unasked extends Error {}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function settle(
  response: IncomingMessage,
  answer: string,
  resolve: (answer: string) => void,
  reject: (error: Error) => void,
): void {
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) resolve(answer)
  else reject(apiError(status, answer))
}

function apiError(status: number, answer: string): ApiError {
  const parsed = parsedStatus(answer)
  return new ApiError(
    status,
    text(parsed['reason']) ?? '',
    text(parsed['message']) ?? (answer.slice(0, 300) || `HTTP ${status}`),
    record(parsed['details']),
  )
}

function parsedStatus(answer: string): JsonObject {
  try {
    return record(JSON.parse(answer) as Json)
  } catch {
    return {}
  }
}
