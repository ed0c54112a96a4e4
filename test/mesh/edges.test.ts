import assert from 'node:assert/strict'
import test from 'node:test'
import type {Mesh} from '../../src/mesh/mesh.ts'
import {meshOf} from '../support/mesh.ts'

const service = (name: string, namespace: string, ports = '[{name: http, port: 80}]', more = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec: {selector: {app: ${name}}, ports: ${ports}${more}}\n---\n`
const deployment = (name: string, namespace: string, container = '', pod = ''): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: app, image: app${container}}]${pod}}\n---\n`
const configMap = (name: string, namespace: string, data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\ndata: ${data}\n---\n`

function known(mesh: Mesh): readonly string[] {
  return mesh
    .edges()
    .map(
      edge =>
        `${edge.client.namespace}/${edge.client.workload} > ${edge.server.service.namespace}/${edge.server.service.name}:${edge.server.port.port} ${edge.knowledge}`,
    )
    .sort()
}

const shop = service('orders', 'shop') + service('db', 'data', '[{name: tcp-db, port: 5432}]')

const inferred: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a URL in the environment',
    deployment('web', 'shop', ', env: [{name: A, value: "http://orders/api"}]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'a host and port',
    deployment('web', 'shop', ', env: [{name: A, value: "orders:80"}]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'a port that the service does not have, when it has only one',
    deployment('web', 'shop', ', env: [{name: A, value: "http://orders:9999"}]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'a name of another namespace',
    deployment('web', 'shop', ', env: [{name: A, value: "db.data"}]'),
    ['shop/web > data/db:5432 inferred'],
  ],
  [
    'a full name',
    deployment('web', 'x', ', env: [{name: A, value: "orders.shop.svc.cluster.local"}]'),
    ['x/web > shop/orders:80 inferred'],
  ],
  [
    'a bare word where the variable says that it is a host',
    deployment('web', 'shop', ', env: [{name: ORDERS_HOST, value: orders}]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  ['a bare word elsewhere is a word', deployment('web', 'shop', ', env: [{name: TABLE, value: orders}]'), []],
  [
    'a short name of another namespace is not found',
    deployment('web', 'x', ', env: [{name: A, value: "http://orders"}]'),
    [],
  ],
  [
    'a connection string',
    deployment('web', 'shop', ', env: [{name: A, value: "jdbc:postgresql://user:pw@db.data:5432/x?y=z"}]'),
    ['shop/web > data/db:5432 inferred'],
  ],
  [
    'an argument',
    deployment('web', 'shop', ', args: ["--upstream=http://orders:80"]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'variables in variables',
    deployment('web', 'shop', ', env: [{name: H, value: orders}, {name: A, value: "http://$(H):80"}]'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'a ConfigMap by envFrom',
    deployment('web', 'shop', ', envFrom: [{configMapRef: {name: c}}]') +
      configMap('c', 'shop', '{URL: "http://orders"}'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'one key of a ConfigMap',
    deployment('web', 'shop', ', env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: b}}}]') +
      configMap('c', 'shop', '{a: "http://db.data:5432", b: "http://orders"}'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'URLs of a mounted file',
    deployment('web', 'shop', '', ', volumes: [{name: v, configMap: {name: c}}]') +
      configMap('c', 'shop', '{"app.yaml": "# orders\\nurl: http://orders:80\\n"}'),
    ['shop/web > shop/orders:80 inferred'],
  ],
  [
    'an external host is no edge',
    deployment('web', 'shop', ', env: [{name: A, value: "https://api.example.com/orders"}]'),
    [],
  ],
  ['a path is no host', deployment('web', 'shop', ', env: [{name: A, value: "/etc/orders"}]'), []],
]

for (const [name, yaml, edges] of inferred) {
  test(`infers: ${name}`, () => assert.deepEqual(known(meshOf(shop + yaml)), edges))
}

const declared: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a Sidecar that names a host',
    `apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s, namespace: shop}\nspec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: ["data/db.data.svc.cluster.local", "istio-system/*"]}]}\n---\n`,
    ['shop/web > data/db:5432 declared'],
  ],
  [
    'a principal',
    `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: s, namespace: shop}\nspec: {selector: {matchLabels: {app: orders}}, rules: [{from: [{source: {principals: ["cluster.local/ns/shop/sa/default", "*"]}}]}]}\n---\n`,
    ['shop/orders > shop/orders:80 declared', 'shop/web > shop/orders:80 declared'],
  ],
  [
    'a NetworkPolicy that names pods',
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: s, namespace: shop}\nspec: {podSelector: {matchLabels: {app: orders}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}\n---\n`,
    ['shop/web > shop/orders:80 declared'],
  ],
  [
    'a NetworkPolicy that admits everybody',
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: s, namespace: shop}\nspec: {podSelector: {matchLabels: {app: orders}}, ingress: [{from: [{podSelector: {}}]}]}\n---\n`,
    [],
  ],
  [
    'an Ingress of another class',
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, namespace: shop}\nspec: {ingressClassName: nginx, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: orders, port: {number: 80}}}}]}}]}\n---\n`,
    ['shop/Ingress front (class nginx) > shop/orders:80 declared'],
  ],
  [
    'a load balancer',
    service('front', 'shop', '[{name: http, port: 80}]', ', type: LoadBalancer'),
    ['shop/LoadBalancer front > shop/front:80 declared'],
  ],
  [
    'a webhook',
    `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: v}\nwebhooks: [{name: a.b.c, clientConfig: {service: {name: orders, namespace: shop, port: 80}}}]\n---\n`,
    ['kube-system/kube-apiserver > shop/orders:80 declared'],
  ],
  [
    'a monitor',
    `apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: orders}}, podMetricsEndpoints: [{port: http}]}\n---\n`,
    ['shop/prometheus > shop/orders:80 declared'],
  ],
  [
    'a gateway that the input does not hold',
    `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g, namespace: shop}\nspec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: shop}\nspec: {hosts: ["*"], gateways: [g], http: [{route: [{destination: {host: orders}}]}]}\n---\n`,
    ['istio-system/istio-ingressgateway > shop/orders:80 declared'],
  ],
]

for (const [name, yaml, edges] of declared) {
  test(`declared: ${name}`, () =>
    assert.deepEqual(
      known(meshOf(shop + deployment('web', 'shop') + deployment('orders', 'shop') + yaml)),
      edges,
    ))
}

const declaration = {
  client: 'shop/web',
  calls: ['data/db:5432'],
  reason: 'asked the team',
  until: null,
  object: null,
  path: [],
}

const written = {
  id: {cluster: '', apiVersion: '', kind: 'Config', namespace: '', name: 'meshctl.yaml'},
  value: {},
  source: null,
}

const seen = {transport: 'plaintext', seconds: 60, source: 'access log'} as const

test('a declaration is the complete list of what a client calls', () => {
  const mesh = meshOf(shop + deployment('web', 'shop', ', env: [{name: A, value: "http://orders"}]'), {
    clients: [declaration],
  })
  assert.deepEqual(known(mesh), ['shop/web > data/db:5432 declared'])
})

test('a client declared to call nothing has no edge, and its calls are known', () => {
  const mesh = meshOf(shop + deployment('web', 'shop', ', env: [{name: A, value: "http://orders"}]'), {
    clients: [{...declaration, calls: []}],
  })
  assert.deepEqual(known(mesh), [])
  assert.equal(mesh.callsKnown(mesh.clients.find(client => client.workload === 'web') as never), true)
})

test('what was observed beats a declaration', () => {
  const mesh = meshOf(shop + deployment('web', 'shop'), {
    clients: [{...declaration, calls: [], object: written}],
    observed: [{...seen, client: 'shop/web', server: 'shop/orders:80', requests: 3}],
  })
  assert.deepEqual(known(mesh), ['shop/web > shop/orders:80 observed'])
  assert.deepEqual(
    mesh.edges()[0]?.knownBy.map(({text}) => text),
    ['3 requests in plaintext seen in 60 s (access log), though declared not to call it (asked the team)'],
  )
})

test('what was seen is never dropped: a caller that nobody knows, and a port that no Service has', () => {
  const mesh = meshOf(shop + deployment('web', 'shop') + deployment('orders', 'shop'), {
    observed: [
      {...seen, client: 'somebody on node n1', server: 'shop/orders:80', requests: 1},
      {...seen, client: 'shop/web', server: 'shop/orders:9090', requests: 2, transport: 'tls'},
    ],
  })
  assert.deepEqual(
    mesh
      .edges()
      .map(({client, server, knowledge, judge}) => [
        client.kind,
        client.workload,
        client.inMesh,
        server.port.port,
        knowledge,
        judge().outcome.result,
      ]),
    [
      ['external', 'somebody on node n1', false, 80, 'observed', 'ok'],
      ['workload', 'web', false, 9090, 'observed', 'ok'],
    ],
  )
})

test('a client of which nothing is known may call every service that a NetworkPolicy does not close to it', () => {
  const closed = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: s, namespace: data}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n---\n`
  const mesh = meshOf(
    shop + deployment('web', 'shop') + deployment('orders', 'shop') + deployment('db', 'data') + closed,
  )
  const possible = [...mesh.possibleEdges()]
    .filter(edge => edge.client.workload === 'web')
    .map(edge => edge.server.service.name)
  assert.deepEqual(possible, ['orders'])
})
