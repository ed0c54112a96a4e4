import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {istioLine} from '../../src/evidence/inbound-log.ts'
import {countCalls} from '../../src/evidence/logged-calls.ts'
import {observationOf, observedCalls} from '../../src/flows/observation.ts'
import type {ObservedBy} from '../../src/flows/observation.ts'
import type {KubeObject} from '../../src/objects/object.ts'
import {seenText} from '../../src/render/servers-seen.ts'
import {serverText} from '../evidence/recorded.ts'
import {meshOf} from '../support/mesh.ts'

const workload = (name: string, namespace: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec: {template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}-1
  namespace: ${namespace}
  uid: ${name}
  labels: {app: ${name}}
  ownerReferences: [{kind: Deployment, name: ${name}, controller: true}]
spec: {nodeName: n1, containers: [{name: a, image: a}]}
status: {podIP: ${{server: '10.244.2.4', client: '10.244.2.5', plain: '10.244.2.7'}[name]}}
---
`
const mesh = meshOf(
  `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {name: server, namespace: shop}
spec: {selector: {app: server}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
${workload('server', 'shop')}${workload('client', 'shop')}${workload('plain', 'out')}`,
)
const node: KubeObject = {
  id: {cluster: '', apiVersion: 'v1', kind: 'Node', namespace: '', name: 'n1'},
  value: {spec: {podCIDR: '10.244.2.0/24'}},
  source: null,
}

function seen(by: ObservedBy, log = serverText) {
  const [server] = mesh.workloads.filter(({name}) => name === 'server')
  const [service] = mesh.services
  const [pod] = server?.pods ?? []
  assert.ok(server !== undefined && service !== undefined && pod !== undefined)
  return observationOf(mesh, {
    service,
    by,
    seconds: 60,
    calls: [{workload: server, pod, calls: countCalls(log, istioLine, ['10.244.2.4'])}],
    pods: 1,
    counted: {requests: 9, unexplained: 4, proxies: 2},
    objects: [...mesh.objects(), node],
    missing: [],
  })
}

describe('calls that were logged, joined to who made them', () => {
  it('by a log that is there: the client by name, the node and the forwarding proxy as hidden', () => {
    const {clients, hidden, requests} = seen('access-log')
    assert.deepEqual(
      clients.map(({client, server, requests: count, pods}) => [
        `${client.namespace}/${client.workload}`,
        `${server.service}:${server.port}`,
        count,
        pods,
      ]),
      [['out/plain', 'server:80', 1, ['plain-1']]],
    )
    assert.deepEqual(
      hidden.map(({because, address}) => [because, address]),
      [
        ['node', '10.244.2.1'],
        ['forwarded', '10.244.2.5'],
      ],
    )
    assert.deepEqual(requests, {plaintext: 3, tls: 1, mtls: 1, all: 5})
  })

  it('by a log of calls without mTLS, in which TLS is another kind for certain', () => {
    const {clients, requests} = seen('telemetry')
    assert.deepEqual(
      clients.map(({transport, requests: count, refused}) => [transport, count, refused]),
      [
        ['plaintext', 1, 0],
        ['tls', 1, 1],
      ],
    )
    assert.deepEqual(requests, {plaintext: 3, tls: 1, mtls: null, all: 9})
  })

  it('are knowledge where they were answered; each with its window and its number', () => {
    const calls = observedCalls(seen('telemetry'))
    assert.deepEqual(
      calls.map(({client, server, transport, requests, seconds}) => [
        client.slice(0, 10),
        server,
        transport,
        requests,
        seconds,
      ]),
      [
        ['out/plain', 'shop/server:80', 'plaintext', 1, 60],
        ['10.244.2.1', 'shop/server:80', 'plaintext', 1, 60],
        ['a header (', 'shop/server:80', 'plaintext', 1, 60],
      ],
    )
  })

  it('go to a port of the pod itself where no Service has it', () => {
    const [client] = seen('telemetry', serverText.replaceAll('10.244.2.4:8080', '10.244.2.4:9090')).clients
    assert.deepEqual([client?.server.port, client?.server.targetPort], [9090, 9090])
  })
})

describe('what is claimed', () => {
  for (const [by, text] of [
    [
      'access-log',
      '3 in plaintext and 1 in TLS of another kind of 5 requests in 60 s, 1 over mTLS (access log)',
    ],
    [
      'telemetry',
      '3 in plaintext and 1 in TLS of another kind of 9 requests in 60 s (access log of calls without mTLS)',
    ],
    [
      'counters',
      '9 requests in 60 s, at least 4 of them sent by no proxy of the mesh (counters; they do not say whose)',
    ],
  ] as const)
    it(`${by}: with its window and its number of requests`, () => assert.equal(seenText(seen(by)), text))
})
