import assert from 'node:assert/strict'
import {it} from 'node:test'

import {added, requestsSent, requestsTaken} from '../../src/evidence/inbound-counters.ts'
import type {JsonObject} from '../../src/objects/object.ts'

/** As `/clusters?format=json` of the testbed's Envoys has it: a counter that is 0 has no value. */
const cluster = (name: string, address: string, port: number, requests: number): JsonObject => ({
  name,
  host_statuses: [
    {
      address: {socket_address: {address, port_value: port}},
      stats: [
        {name: 'rq_error'},
        requests === 0 ? {name: 'rq_total'} : {value: String(requests), name: 'rq_total'},
        {type: 'GAUGE', name: 'rq_active'},
      ],
    },
  ],
})
const answer = (...clusters: readonly JsonObject[]): JsonObject => ({cluster_statuses: clusters})

it('requests that a server took, by the port of its pod', () => {
  const taken = requestsTaken(
    answer(
      cluster('inbound|8080||', '10.244.2.4', 8080, 8),
      cluster('inbound|9090||', '10.244.2.4', 9090, 0),
      {name: 'InboundPassthroughCluster'},
      cluster('outbound|80||other.shop.svc.cluster.local', '10.244.2.9', 8080, 5),
    ),
  )
  assert.deepEqual(
    [...taken],
    [
      [8080, 8],
      [9090, 0],
    ],
  )
})

it('connections, where the port is not HTTP', () => {
  const stats = [{value: '4', name: 'cx_total'}, {name: 'rq_total'}]
  const host = {address: {socket_address: {address: '10.244.2.6', port_value: 3306}}, stats}
  const taken = requestsTaken(answer({name: 'inbound|3306||', host_statuses: [host]}))
  assert.deepEqual([...taken], [[3306, 4]])
})

it('requests that a client sent, by the place it sent them to, over all of its clusters', () => {
  const sent = requestsSent(
    answer(
      cluster('outbound|80||server.shop.svc.cluster.local', '10.244.2.4', 8080, 3),
      cluster('outbound|80|v1|server.shop.svc.cluster.local', '10.244.2.4', 8080, 2),
      cluster('inbound|8080||', '10.244.2.5', 8080, 9),
    ),
  )
  assert.deepEqual([...sent], [['10.244.2.4 8080', 5]])
})

it('what was added, also by a proxy that began anew', () => {
  const [before, after] = [
    new Map([
      ['a', 10],
      ['b', 7],
    ]),
    new Map([
      ['a', 12],
      ['b', 3],
      ['c', 1],
    ]),
  ]
  assert.deepEqual(
    [...added(before, after)],
    [
      ['a', 2],
      ['b', 3],
      ['c', 1],
    ],
  )
})
