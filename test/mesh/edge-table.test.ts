import assert from 'node:assert/strict'
import test from 'node:test'
import {edgeTable} from '../../src/mesh/edge-table.ts'
import {host, policy, rule, server} from '../support/lab.ts'
import {meshOf} from '../support/mesh.ts'

const sidecar = `apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: cli}\nspec: {workloadSelector: {labels: {app: client}}, egress: [{hosts: ["./*"]}]}\n---\n`
const route = (place: string, more = ''): string =>
  `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: ${place}}\nspec: {hosts: [server.srv.svc.cluster.local]${more}, http: [{match: [{sourceLabels: {app: client}}], timeout: 1s, route: [{destination: {host: server.srv.svc.cluster.local}}]}, {timeout: 2s, route: [{destination: {host: server.srv.svc.cluster.local, subset: v1}}]}]}\n---\n`
const authorization = `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: srv}\nspec: {rules: [{from: [{source: {namespaces: [cli]}}]}]}\n---\n`

/** Everything that may tell one client from another, or one server. */
const parts: readonly string[] = [
  policy('a', 'srv', '{mtls: {mode: STRICT}}'),
  policy('b', 'srv', '{selector: {matchLabels: {version: v1}}, mtls: {mode: DISABLE}}'),
  rule(
    'c',
    'cli',
    `{${host}, workloadSelector: {matchLabels: {app: client}}, trafficPolicy: {tls: {mode: DISABLE}}}`,
  ),
  rule(
    'd',
    'srv',
    `{${host}, subsets: [{name: v1, labels: {version: v1}, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}]}`,
  ),
  rule('e', 'plain', '{host: "*.local", trafficPolicy: {tls: {mode: SIMPLE}}}'),
  sidecar,
  route('srv'),
  authorization,
]

const others = ['cli', 'srv', 'plain']
  .map(
    namespace =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other, namespace: ${namespace}}\nspec:\n  template:\n    metadata: {labels: {app: other}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "${namespace === 'cli' ? '80' : '81'}"}}\n    spec: {containers: [{name: app, image: app}]}\n---\n`,
  )
  .join('')

test('the table says of every pair what the prediction of that one edge says', () => {
  let pairs = 0
  for (let chosen = 0; chosen < 1 << parts.length; chosen++) {
    const mesh = meshOf(
      server({p2Injected: chosen % 3 !== 0}) +
        others +
        parts.filter((_, index) => (chosen >> index) & 1).join(''),
    )
    const table = edgeTable(mesh)
    for (const [client, one] of table.clients.entries()) {
      for (const [index, target] of table.servers.entries()) {
        pairs++
        assert.deepEqual(
          table.outcome(client, index),
          mesh.edge(one, target).judge().outcome,
          `${chosen}: ${one.namespace}/${one.workload} > ${target.service.host}:${target.port.port}`,
        )
      }
    }
  }
  assert.ok(pairs > 2000)
})

test('clients that are alike share their predictions', () => {
  const many = Array.from(
    {length: 40},
    (_, index) =>
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c${index}, namespace: cli}\nspec:\n  template:\n    metadata: {labels: {app: c${index}}}\n    spec: {containers: [{name: app, image: app}]}\n---\n`,
  )
  const mesh = meshOf(server({}) + many.join(''))
  const table = edgeTable(mesh)
  for (const client of table.clients.keys())
    for (const server of table.servers.keys()) table.outcome(client, server)
  assert.ok(table.predictions() <= 8, `${table.predictions()} predictions`)
})
