import http from 'node:http'
import {Duplex, PassThrough} from 'node:stream'
import {MeshctlError} from '../cli/error.ts'
import type {Connection} from './connect.ts'
import {messageOf} from './connect.ts'

/** One GET to a port inside a pod, through the API server's port-forward. */
export interface PodRequest {
  readonly namespace: string
  readonly pod: string
  readonly port: number
  readonly path: string
  readonly method?: 'GET' | 'POST'
  /** Milliseconds; 20,000 where absent. */
  readonly timeout?: number
}

/**
 * Asks a port that listens on a pod's loopback, such as Envoy's admin port or istiod's debug port. Needs the verb
 * `create` on `pods/portforward`; throws MeshctlError `forbidden` without it, `no-cluster` where the pod doesn't answer.
 */
export async function askPod(connection: Connection, request: PodRequest): Promise<string> {
  const {PortForward} = await import('@kubernetes/client-node')
  const toPod = new PassThrough()
  const tunnel = tunnelOf(toPod)
  const problems = new PassThrough()
  let problem = ''
  problems.on('data', (part: Buffer) => (problem += part.toString('utf8')))
  // The client's web socket types don't resolve here; it is closed by the one method that it surely has.
  const socket: unknown = await new PortForward(connection.config)
    .portForward(request.namespace, request.pod, [request.port], tunnel.output, problems, toPod)
    .catch((cause: unknown) => {
      throw refused(request, cause)
    })
  try {
    return await get(tunnel.duplex, request)
  } catch (cause) {
    throw new MeshctlError(
      'no-cluster',
      `${request.namespace}/${request.pod} did not answer on port ${request.port}: ${problem || messageOf(cause)}`,
      {
        try: [`kubectl -n ${request.namespace} port-forward ${request.pod} ${request.port}`],
        cause,
      },
    )
  } finally {
    if (isClosable(socket)) socket.close()
    tunnel.duplex.destroy()
    toPod.destroy()
  }
}

function isClosable(value: unknown): value is {close(): void} {
  return typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function'
}

function refused(request: PodRequest, cause: unknown): MeshctlError {
  const message = messageOf(cause)
  const forbidden = /\b403\b|forbidden/i.test(message)
  return new MeshctlError(
    forbidden ? 'forbidden' : 'no-cluster',
    `port-forward to ${request.namespace}/${request.pod} failed: ${message}`,
    {
      try: forbidden
        ? [`kubectl auth can-i create pods/portforward -n ${request.namespace}`]
        : [`kubectl -n ${request.namespace} port-forward ${request.pod} ${request.port}`],
      cause,
    },
  )
}

interface Tunnel {
  readonly duplex: Duplex
  readonly output: PassThrough
}

/** Joins what comes from the pod and what goes to it into the one stream that an HTTP client wants. */
function tunnelOf(toPod: PassThrough): Tunnel {
  const output = new PassThrough()
  const duplex = new Duplex({
    read: () => output.resume(),
    write: (part: Buffer, _encoding, done) => void toPod.write(part, done),
    final: done => done(),
  })
  output.on('data', (part: Buffer) => {
    if (!duplex.push(part)) output.pause()
  })
  output.on('end', () => duplex.push(null))
  return {duplex, output}
}

function get(duplex: Duplex, request: PodRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      method: request.method ?? 'GET',
      path: request.path,
      headers: {host: 'localhost', connection: 'close'},
      createConnection: () => duplex,
      timeout: request.timeout ?? 20_000,
    } as const
    const timer = setTimeout(() => reject(new Error('it took too long')), options.timeout)
    const sent = http.request(options, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        clearTimeout(timer)
        const answer = Buffer.concat(parts).toString('utf8')
        if (response.statusCode === 200) resolve(answer)
        else reject(new Error(`HTTP ${response.statusCode ?? 0}: ${answer.slice(0, 200)}`))
      })
    })
    sent.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    sent.end()
  })
}
