import assert from 'node:assert/strict'
import test from 'node:test'
import {routedMesh, routesFor} from './route-fixtures.ts'

interface Written {
  readonly name?: string
  readonly rules: string
  readonly port?: string
}

const httpRoute = ({name = 'r', rules, port = ''}: Written): string => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}, namespace: srv}
spec: {parentRefs: [{kind: Service, group: "", name: server${port}}], rules: ${rules}}
---`
const backend = 'backendRefs: [{name: server, port: 80}]'

const policies: readonly (readonly [string, string, object])[] = [
  [
    'backendRequest without retry replaces the timeout (lab 38)',
    'timeouts: {request: 5s, backendRequest: 1s}',
    {timeout: '1s', source: 'default', attempts: 2, perTryTimeout: null},
  ],
  [
    'backendRequest with retry limits a try (lab 38)',
    'timeouts: {request: 5s, backendRequest: 1s}, retry: {codes: [503], attempts: 3, backoff: 100ms}',
    {timeout: '5s', source: 'route', attempts: 3, perTryTimeout: '1s'},
  ],
  [
    'retry without attempts makes two',
    'retry: {codes: [500]}',
    {timeout: null, source: 'route', attempts: 2, perTryTimeout: null},
  ],
  [
    'retry with 0 attempts turns it off',
    'retry: {attempts: 0}',
    {timeout: null, source: 'route', attempts: 0, perTryTimeout: null},
  ],
  [
    '0s is no limit',
    'timeouts: {request: 0s}',
    {timeout: null, source: 'default', attempts: 2, perTryTimeout: null},
  ],
]

for (const [title, policy, expected] of policies) {
  test(`HTTPRoute: ${title}`, () => {
    const [route] = routesFor(routedMesh(httpRoute({rules: `[{${backend}, ${policy}}]`}))).routes
    const {timeout, retries} = route ?? {}
    assert.deepEqual(
      {timeout, source: retries?.source, attempts: retries?.attempts, perTryTimeout: retries?.perTryTimeout},
      expected,
    )
  })
}

test('HTTPRoute: the codes of retry are conditions', () => {
  const [route] = routesFor(
    routedMesh(httpRoute({rules: `[{${backend}, retry: {codes: [503, 504]}}]`})),
  ).routes
  assert.deepEqual(route?.retries?.retryOn, [
    'connect-failure',
    'refused-stream',
    'unavailable',
    'cancelled',
    '503',
    '504',
    'retriable-status-codes',
  ])
})

test('HTTPRoute: the most specific first, over all routes of one namespace and parent', () => {
  const one = httpRoute({
    name: 'a',
    rules: `[{${backend}}, {matches: [{path: {type: PathPrefix, value: /api/}}, {path: {type: Exact, value: /}}], ${backend}}]`,
  })
  const two = httpRoute({
    name: 'b',
    rules: `[{matches: [{path: {value: /api/v1}}, {path: {value: /api}, method: GET}], ${backend}}]`,
  })
  const table = routesFor(routedMesh(one + two))
  assert.deepEqual(
    table.routes.map(route => route.match),
    [
      'uri is /',
      'uri starts with /api/v1',
      'uri starts with /api, method is GET',
      'uri starts with /api',
      null,
    ],
  )
  assert.equal(table.routes[1]?.object?.id.name, 'b')
  assert.equal(table.routes[1]?.path.join('.'), 'spec.rules.0')
})

test('HTTPRoute: a parent port keeps it to that port', () => {
  const mesh = routedMesh(httpRoute({rules: `[{${backend}, timeouts: {request: 3s}}]`, port: ', port: 9090'}))
  assert.equal(routesFor(mesh, 'client', 9090).routes[0]?.timeout, '3s')
  assert.equal(routesFor(mesh, 'client', 80).choice, null)
})

test('HTTPRoute: without a backend that counts the answer is 500, and weights default to 1', () => {
  const [none] = routesFor(routedMesh(httpRoute({rules: '[{matches: [{path: {value: /x}}]}]'}))).routes
  assert.equal(none?.directResponse, 500)
  const [split] = routesFor(
    routedMesh(
      httpRoute({
        rules:
          '[{backendRefs: [{name: server, port: 80}, {name: canary, port: 80, weight: 3}, {name: gone, port: 80, weight: 0}]}]',
      }),
    ),
  ).routes
  assert.deepEqual(
    split?.destinations.map(one => [one.host, one.port, one.weight, one.path.join('.')]),
    [
      ['server.srv.svc.cluster.local', 80, 1, 'spec.rules.0.backendRefs.0'],
      ['canary.srv.svc.cluster.local', 80, 3, 'spec.rules.0.backendRefs.1'],
    ],
  )
})

test('HTTPRoute: one for a gateway says nothing about the mesh; odd values do not crash it', () => {
  const forGateway = httpRoute({rules: `[{${backend}}]`}).replace('kind: Service, group: ""', 'kind: Gateway')
  assert.equal(routesFor(routedMesh(forGateway)).choice, null)
  for (const rules of [
    'null',
    '3',
    '[null, 3, {}]',
    '[{matches: 3, backendRefs: [3], timeouts: x, retry: []}]',
    '[{matches: [{path: 3, headers: [3, {}], method: 3}]}]',
  ]) {
    assert.ok(routesFor(routedMesh(httpRoute({rules}))).routes.length > 0, rules)
  }
})
