import {readFile, writeFile} from 'node:fs/promises'
import http from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import https from 'node:https'
import type {AddressInfo} from 'node:net'
import {parse, stringify} from 'yaml'

/** A request on its way to the API server. */
export interface Passing {
  readonly method: string
  /** The path with its query. */
  readonly url: string
  /** Whether it changes something: no dry run, and no question about the user. */
  readonly writes: boolean
}

/** A gate before an API server, at which requests can be held up: for what happens just then. */
export interface ApiGate {
  readonly kubeconfig: string
  /** Called with each request before it goes on; it goes on once that is done. */
  onRequest: (passing: Passing) => Promise<void> | void
  close: () => Promise<void>
}

interface Kubeconfig {
  readonly clusters: readonly {
    readonly cluster: {readonly server: string; readonly 'certificate-authority-data': string}
  }[]
  readonly users: readonly {readonly user: {readonly token: string}}[]
}

/** Lets a user through to the cluster of a kubeconfig; the one that leads to the gate is written to `file`. */
export async function openGate(kubeconfig: string, file: string): Promise<ApiGate> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user]
  if (cluster === undefined || user === undefined) throw new Error(`${kubeconfig} names no cluster`)
  const agent = new https.Agent({
    ca: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    keepAlive: true,
  })
  const gate: ApiGate = {
    kubeconfig: file,
    onRequest: () => undefined,
    close: async () => {
      agent.destroy()
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
  const server = http.createServer((request, response) => {
    const {method = 'GET', url = '/'} = request
    const writes = method !== 'GET' && !url.includes('dryRun=') && !url.includes('/selfsubject')
    void Promise.resolve(gate.onRequest({method, url, writes})).then(() => passOn(request, response))
  })
  function passOn(request: IncomingMessage, response: ServerResponse): void {
    const {method, url, headers} = request
    const {host: _host, ...others} = headers
    const sent = https.request(
      new URL(url ?? '/', cluster?.server),
      {method, agent, headers: {...others, authorization: `Bearer ${user?.token}`}},
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    sent.on('error', () => response.destroy())
    request.pipe(sent)
  }
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const {port} = server.address() as AddressInfo
  const gated = {server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true}
  await writeFile(
    file,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{name: 'gate', cluster: gated}],
      users: [{name: 'gate', user: {}}],
      contexts: [{name: 'gate', context: {cluster: 'gate', user: 'gate'}}],
      'current-context': 'gate',
    }),
  )
  return gate
}
