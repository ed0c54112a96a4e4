import assert from 'node:assert/strict'
import {it} from 'node:test'

import type {ObserveResult} from '../../src/flows/observe-clients.ts'
import {logText, observedText} from '../../src/render/observed.ts'
import {plain} from '../../src/terminal/style.ts'

const server = {
  namespace: 'shop',
  service: 'server',
  host: 'server.shop.svc.cluster.local',
  port: 80,
  targetPort: 8080,
}
const call = {server, transport: 'plaintext', requests: 7, refused: 0} as const
const nothing: ObserveResult = {
  context: 'here',
  server: {namespace: 'shop', service: 'server'},
  by: 'telemetry',
  seconds: 60,
  pods: {read: 1, all: 1},
  requests: {plaintext: 0, tls: 0, mtls: null, all: 12},
  unexplained: 0,
  clients: [],
  hidden: [],
  missing: [],
  calls: [],
  contradictions: [],
  hint: null,
  rbac: null,
  ended: [],
  ledgerId: 'x',
  imported: null,
}

it('nothing in plaintext is one line, with its window and its number of requests', () => {
  assert.equal(
    observedText(nothing, plain),
    'ok shop/server: 0 in plaintext of 12 requests in 60 s (access log of calls without mTLS)\n',
  )
})

it('clients by name, what is hidden, what is contradicted, and what to do with it', () => {
  const text = observedText(
    {
      ...nothing,
      requests: {...nothing.requests, plaintext: 11},
      clients: [
        {
          ...call,
          client: {kind: 'workload', namespace: 'out', workload: 'plain', inMesh: false},
          pods: ['plain-1'],
        },
        {
          ...call,
          client: {kind: 'workload', namespace: 'shop', workload: 'page', inMesh: true},
          requests: 1,
          refused: 1,
          pods: ['page-1'],
        },
      ],
      hidden: [
        {
          ...call,
          address: '10.0.0.1',
          because: 'node',
          says: 'a node',
          requests: 3,
          agents: ['kube-probe/1'],
        },
      ],
      calls: [{client: 'out/plain', server: 'shop/server:80', requests: 7}],
      contradictions: ['out/plain -> shop/server:80: seen'],
      missing: ['forbidden: list Nodes'],
      rbac: 'kind: ClusterRole\n',
      ended: ['Step a is off again'],
    },
    plain,
  )
  for (const part of [
    /^info +Step a is off again/,
    /fail +shop\/server: 11 in plaintext of 12 requests in 60 s/,
    /out\/plain 7 requests to shop\/server:80 in plaintext \(pods plain-1\)/,
    /shop\/page 1 request to shop\/server:80 in plaintext, all refused, though it is in the mesh/,
    /warn +3 requests to shop\/server:80 in plaintext: a node; they call themselves kube-probe\/1/,
    /Declared otherwise in meshctl\.yaml[\s\S]*out\/plain -> shop\/server:80/,
    /Not seen[\s\S]*forbidden: list Nodes/,
    /have an administrator apply this[\s\S]*kind: ClusterRole/,
    /clients import seen\.json/,
  ])
    assert.match(text.replaceAll(/\s+/g, ' '), part)
})

it('a log is shown with what it costs before it is turned on', () => {
  const text = logText(
    {
      server: 'shop/store',
      seconds: 60,
      until: '2026-11-25T20:00:00Z',
      changes: [],
      risks: ['connections are closed'],
    },
    plain,
  )
  assert.match(text, /calls to shop\/store without the mesh's mTLS, for 60 s/)
  assert.match(text, /writes nothing after\s+2026-11-25T20:00:00Z/)
  assert.match(text, /warn +connections are closed/)
})
