import {spawn} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {join} from 'node:path'
import {createInterface} from 'node:readline'

const program = join(import.meta.dirname, '../../examples/bookinfo/services/server.mjs')

export interface RunningService {
  readonly url: string
  readonly livePort: number
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  send(method: string, path: string, body: unknown): Promise<Answer>
  /** Sends a signal and gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export interface Answer {
  readonly status: number
  readonly text: string
  // The services answer with JSON of their own; a test looks at what it expects.
  readonly body: any
}

/** Starts one service on free loopback ports and waits until it listens. */
export async function startService(name: string, env: Record<string, string> = {}): Promise<RunningService> {
  const child = spawn(process.execPath, [program, name], {
    env: {...process.env, ADDRESS: '127.0.0.1', PORT: '0', LIVE_PORT: '0', GRACE_MS: '50', ...env},
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const {port, livePort} = await listening(child, name)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    livePort,
    get: async (path, headers = {}) => answer(await fetch(url + path, {headers})),
    send: async (method, path, body) => answer(await fetch(url + path, {method, body: JSON.stringify(body)})),
    end: signal => ended(child, signal ?? 'SIGTERM'),
  }
}

async function listening(child: ChildProcess, name: string): Promise<{port: number; livePort: number}> {
  for await (const line of createInterface({input: child.stdout!})) {
    const said = JSON.parse(line)
    if (said.event === 'listening') {
      // Keep reading, or the pipe fills up and the service stands still.
      child.stdout!.resume()
      return said
    }
  }
  throw new Error(`${name} ended before it listened`)
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = response.headers.get('content-type') === 'application/json'
  return {status: response.status, text, body: json ? JSON.parse(text) : null}
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise(resolve => {
    child.on('exit', resolve)
    child.kill(signal)
  })
}
