import type {UserTools} from '../cluster/kubectl.ts'
import {execArguments} from './pods.ts'
import type {PodChoice} from './pods.ts'

export interface RequestOptions {
  /** The pod that sends it; it has to run the app image. */
  from: PodChoice
  url: string
  method?: string
  headers?: Record<string, string>
  body?: string
  timeoutMs?: number
}

/** How a request ended: with a status, or with the error code of the connection. */
export interface Answer {
  status?: number
  headers?: Record<string, string | string[]>
  body?: string
  error?: string
  ms: number
}

/** Sends one request from inside a pod, on a connection of its own. */
export async function sendRequest(tools: UserTools, {from, ...request}: RequestOptions): Promise<Answer> {
  const exec = await execArguments(tools, from)
  return JSON.parse(await tools.kubectl([...exec, 'node', '/testbed/request.mjs', JSON.stringify(request)]))
}

/** The answer's body as JSON, as the echo server sends it. */
export function echoOf(answer: Answer): {from: string; url: string; headers: Record<string, string>} {
  if (answer.body === undefined) throw new Error(`no answer, but ${answer.error ?? 'nothing'}`)
  return JSON.parse(answer.body)
}
