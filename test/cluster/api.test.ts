import assert from 'node:assert/strict'
import {once} from 'node:events'
import {createServer} from 'node:http'
import {createServer as createTcpServer} from 'node:net'
import type {AddressInfo} from 'node:net'
import {describe, it} from 'node:test'
import type {ApiError} from '../../src/cluster/api.ts'
import {openApi} from '../../src/cluster/api.ts'
import type {Connection} from '../../src/cluster/connect.ts'

/** Answers one after another; the last one again and again. */
async function answering(
  statuses: readonly number[],
  test: (connection: Connection, asked: () => number) => Promise<void>,
): Promise<void> {
  let asked = 0
  const server = createServer((_request, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)] ?? 500
    asked += 1
    const body =
      status === 200
        ? {kind: 'Pod'}
        : {kind: 'Status', reason: 'No', message: `no: ${status}`, details: {retryAfterSeconds: 0}}
    response
      .writeHead(status, {'content-type': 'application/json', connection: 'close'})
      .end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const config = {applyToHTTPSOptions: () => Promise.resolve()} as unknown as Connection['config']
  const connection = {
    config,
    context: 'test',
    namespace: 'default',
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
  try {
    await test(connection, () => asked)
  } finally {
    server.close()
  }
}

describe('an API', () => {
  it('comes back to a server that has too much to do', () =>
    answering([429, 429, 200], async (connection, asked) => {
      assert.deepEqual(await openApi(connection).request({path: '/api'}), {kind: 'Pod'})
      assert.equal(asked(), 3)
    }))

  it('does not come back for ever', () =>
    answering([429], async (connection, asked) => {
      await assert.rejects(
        openApi(connection).request({path: '/api'}),
        (error: ApiError) => error.status === 429,
      )
      assert.equal(asked(), 6)
    }))

  it('comes back where a connection is dropped before anything was asked, and not for ever', async () => {
    let connections = 0
    const server = createTcpServer(socket => {
      connections += 1
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connection = {
      config: {applyToHTTPSOptions: () => Promise.resolve()} as unknown as Connection['config'],
      context: 'test',
      namespace: 'default',
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    }
    await assert.rejects(openApi(connection).request({path: '/api'}), {code: 'no-cluster'})
    assert.equal(connections, 6)
    server.close()
  })

  it('asks once for what is refused otherwise, and says why', () =>
    answering([403], async (connection, asked) => {
      await assert.rejects(
        openApi(connection).request({path: '/api'}),
        (error: ApiError) => error.message === 'no: 403' && error.reason === 'No',
      )
      assert.equal(asked(), 1)
    }))

  it('names the cluster that does not answer', async () => {
    const connection = {
      config: {applyToHTTPSOptions: () => Promise.resolve()},
      context: 'gone',
      namespace: '',
      server: 'http://127.0.0.1:1',
    } as unknown as Connection
    await assert.rejects(
      openApi(connection).request({path: '/api'}),
      /the cluster of context gone .* does not answer/,
    )
  })
})
