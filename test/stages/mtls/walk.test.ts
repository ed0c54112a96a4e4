import assert from 'node:assert/strict'
import test from 'node:test'
import {at} from '../../../src/objects/json.ts'
import type {MeshOptions} from '../../../src/mesh/mesh.ts'
import {
  after,
  app,
  applied,
  assess,
  broken,
  changed,
  istio,
  meshOf,
  namespace,
  plan,
  service,
  subject,
  verdict,
  workload,
} from '../manifests.ts'
import {stages} from '../../../src/stages/registry.ts'

const shop = namespace('shop')
const page = app('page', {env: {CART_URL: 'http://cart'}})
const outside = (url = 'http://cart.shop'): string =>
  workload('report', {namespace: 'batch', env: {CART_URL: url}})
const authentication = (name: string, spec: string): string => istio('PeerAuthentication', name, spec)
const rule = (name: string, spec: string, place = 'shop'): string =>
  istio('DestinationRule', name, spec, place)
const cart = 'cart.shop.svc.cluster.local'

const states: readonly (readonly [what: string, manifests: readonly string[], expected: string])[] = [
  ['all clients in the mesh', [shop, app('cart'), page], 'ready: plaintext-door-open'],
  ['no client at all', [shop, app('cart')], 'ready'],
  ['a client without a sidecar', [shop, app('cart'), page, outside()], 'blocked: client-not-in-mesh'],
  [
    'a client without a sidecar that calls something else',
    [shop, app('cart'), app('stock'), outside('http://stock.shop')],
    'ready',
  ],
  [
    'a client without a sidecar of whom nothing is known',
    [shop, app('cart'), workload('quiet', {namespace: 'batch'})],
    'blocked: client-calls-unknown',
  ],
  ['no sidecar of its own', [app('cart')], 'blocked: server-not-in-mesh, client-calls-unknown'],
  ['no workload', [shop, service('cart')], 'unknown: endpoints-unknown'],
  [
    'a gateway',
    [shop, app('cart', {annotations: 'inject.istio.io/templates: gateway'})],
    'not-applicable: gateway',
  ],
  [
    'STRICT for it already',
    [shop, app('cart'), authentication('cart', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: STRICT}')],
    'done',
  ],
  [
    'STRICT for the namespace',
    [shop, app('cart'), authentication('default', 'mtls: {mode: STRICT}')],
    'done',
  ],
  [
    'STRICT for another port only',
    [
      shop,
      app('cart'),
      authentication('cart', 'selector: {matchLabels: {app: cart}}\nportLevelMtls: {9090: {mode: STRICT}}'),
    ],
    'ready',
  ],
  [
    'PERMISSIVE for it',
    [
      shop,
      app('cart'),
      authentication('cart', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: PERMISSIVE}'),
    ],
    'ready',
  ],
  [
    'DISABLE for it',
    [
      shop,
      app('cart'),
      authentication('cart', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: DISABLE}'),
    ],
    'blocked: explicit-disable',
  ],
  [
    'DISABLE for one of its ports',
    [
      shop,
      app('cart'),
      authentication('cart', 'selector: {matchLabels: {app: cart}}\nportLevelMtls: {8080: {mode: DISABLE}}'),
    ],
    'blocked: explicit-disable',
  ],
  [
    'DISABLE for the namespace',
    [shop, app('cart'), authentication('default', 'mtls: {mode: DISABLE}')],
    'blocked: namespace-disable-hint, explicit-disable',
  ],
  [
    'two policies of unknown age',
    [
      shop,
      app('cart'),
      authentication('a', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: PERMISSIVE}'),
      authentication('b', 'selector: {matchLabels: {app: cart}}\nmtls: {mode: STRICT}'),
    ],
    'blocked: rival-policies-without-age',
  ],
  [
    'a policy for a part of its pods',
    [
      shop,
      app('cart'),
      workload('cart2', {podLabels: 'v: two'}).replace('app: cart2', 'app: cart'),
      authentication('cart', 'selector: {matchLabels: {v: two}}\nmtls: {mode: PERMISSIVE}'),
    ],
    'blocked: peer-authentication-partial',
  ],
  [
    'an excluded port',
    [shop, app('cart', {annotations: 'traffic.sidecar.istio.io/excludeInboundPorts: "8080"'})],
    'blocked: excluded-port',
  ],
  [
    'a label that turns mTLS off',
    [shop, app('cart', {podLabels: 'security.istio.io/tlsMode: disabled'})],
    'blocked: tls-mode-label',
  ],
  [
    'probes that are not rewritten',
    [
      shop,
      app('cart', {
        annotations: 'sidecar.istio.io/rewriteAppHTTPProbers: "false"',
        container: 'readinessProbe: {httpGet: {port: 8080}}',
      }),
    ],
    'blocked: probe-rewrite-off',
  ],
  ['a load balancer', [shop, app('cart', {service: 'type: LoadBalancer'})], 'blocked: load-balancer'],
  ['a node port', [shop, app('cart', {service: 'type: NodePort'})], 'blocked: nodeport'],
  [
    'an Ingress of nginx',
    [
      shop,
      app('cart'),
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, namespace: shop}\nspec: {ingressClassName: nginx, rules: [{http: {paths: [{backend: {service: {name: cart, port: {number: 80}}}}]}}]}',
    ],
    'blocked: ingress-not-in-mesh',
  ],
  [
    'a webhook',
    [
      shop,
      app('cart', {ports: '{name: https, port: 443}'}),
      'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: check}\nwebhooks: [{name: a.b.c, clientConfig: {service: {name: cart, namespace: shop}}}]',
    ],
    'blocked: webhook-client',
  ],
  [
    'a scrape',
    [
      shop,
      app('cart', {service: 'x: y'}),
      'apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: cart}}, podMetricsEndpoints: [{port: http}]}',
    ],
    'blocked: prometheus-scrape',
  ],
  [
    'mixed pods behind a headless service',
    [
      shop,
      service('cart', {service: 'clusterIP: None'}),
      workload('cart'),
      workload('cart2', {podLabels: 'sidecar.istio.io/inject: "false"', env: {X_URL: 'http://cart'}}).replace(
        'app: cart2',
        'app: cart',
      ),
    ],
    'blocked: server-not-in-mesh, headless-mixed, client-not-in-mesh',
  ],
  [
    'a client that goes past its proxy',
    [
      shop,
      app('cart'),
      app('page', {
        env: {CART_URL: 'http://cart'},
        annotations: 'traffic.sidecar.istio.io/excludeOutboundPorts: "80"',
      }),
    ],
    'blocked: client-port-excluded',
  ],
  [
    'a client that does not see it',
    [
      shop,
      app('cart'),
      namespace('web'),
      workload('page', {namespace: 'web', env: {CART_URL: 'http://cart.shop'}}),
      istio('Sidecar', 'default', 'egress: [{hosts: ["./*"]}]', 'web'),
    ],
    'blocked: service-hidden-by-sidecar',
  ],
  [
    'a DestinationRule that turns TLS off',
    [shop, app('cart'), page, rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`)],
    'ready: destination-rule-edited',
  ],
  [
    'such a rule of a client nobody knows to call',
    [
      shop,
      app('cart'),
      namespace('web'),
      app('other', {namespace: 'web'}),
      rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`, 'web'),
    ],
    'ready: destination-rule-edited',
  ],
  [
    'a DestinationRule for many hosts',
    [shop, app('cart'), page, rule('all', 'host: "*.local"\ntrafficPolicy: {tls: {mode: DISABLE}}')],
    'blocked: explicit-disable',
  ],
  [
    'TLS of the application itself',
    [
      shop,
      app('cart', {ports: '{name: tcp, port: 443}'}),
      page,
      rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: SIMPLE}}`),
    ],
    'blocked: app-speaks-tls',
  ],
  [
    'auto mTLS off',
    [
      shop,
      app('cart'),
      page,
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "enableAutoMtls: false"}`,
    ],
    'blocked: auto-mtls-off',
  ],
]

for (const [what, manifests, expected] of states) {
  test(`mtls walk: ${what} is ${expected}`, () => {
    assert.equal(verdict(meshOf(manifests), 'mtls', 'cart'), expected)
  })
}

test('a blocked service names its client and how that is known', () => {
  const {reasons} = assess(meshOf([shop, app('cart'), outside()]), 'mtls', 'cart')
  assert.match(
    reasons[0]?.message ?? '',
    /batch\/report has no sidecar and calls shop\/cart:80 in plaintext \(inferred: environment variable CART_URL names cart\.shop in test\.yaml\)/,
  )
  assert.deepEqual(reasons[0]?.facts[0]?.path, [
    'spec',
    'template',
    'spec',
    'containers',
    0,
    'env',
    0,
    'value',
  ])
})

test('declaring the client gone opens the way', () => {
  const gone: MeshOptions = {
    clients: [{client: 'batch/report', calls: [], reason: 'gone', until: null, object: null, path: []}],
  }
  assert.equal(verdict(meshOf([shop, app('cart'), outside()], gone), 'mtls', 'cart'), 'ready')
  assert.equal(
    verdict(
      meshOf([shop, app('cart'), workload('quiet', {namespace: 'batch'})], {
        clients: [{client: 'batch/quiet', calls: [], reason: 'idle', until: null, object: null, path: []}],
      }),
      'mtls',
      'cart',
    ),
    'ready',
  )
})

test('another Service over the same pods counts with its clients', () => {
  const second = service('admin', {ports: '{name: http-admin, port: 81, targetPort: 9000}'}).replace(
    'app: admin',
    'app: cart',
  )
  const mesh = meshOf([shop, app('cart'), second, outside('http://admin.shop:81')])
  assert.equal(verdict(mesh, 'mtls', 'cart'), 'blocked: client-not-in-mesh, shared-pods')
})

test("the plan writes one policy with the Service's selector, and is done after", () => {
  const mesh = meshOf([shop, app('cart'), page])
  const set = plan(mesh, 'mtls', ['cart', 'page'])
  assert.deepEqual(changed(set), [
    'create PeerAuthentication shop/cart',
    'create PeerAuthentication shop/page',
  ])
  assert.deepEqual(after(set, 'PeerAuthentication cart')['spec'], {
    selector: {matchLabels: {app: 'cart'}},
    mtls: {mode: 'STRICT'},
  })
  const now = applied(mesh, set)
  assert.deepEqual(broken(mesh, now), [])
  assert.equal(verdict(now, 'mtls', 'cart'), 'done')
  assert.deepEqual(changed(plan(now, 'mtls', ['cart', 'page'])), [])
  assert.deepEqual(stages.mtls.walk.expect(now, [subject(now, 'mtls', 'cart')], {}), [
    {check: 'server-mode', namespace: 'shop', workload: 'cart', port: 8080, mode: 'STRICT'},
    {check: 'edge-transport', client: 'shop/page', server: 'shop/cart:80', transport: 'mtls'},
  ])
})

test('an existing policy is edited, with its exceptions for the ports concerned, and never joined', () => {
  const wide =
    'selector: {matchLabels: {tier: web}}\nmtls: {mode: PERMISSIVE}\nportLevelMtls: {8080: {mode: PERMISSIVE}, 9090: {mode: DISABLE}}'
  const mesh = meshOf([
    shop,
    app('cart', {podLabels: 'tier: web'}),
    app('page', {podLabels: 'tier: web'}),
    authentication('web', wide),
  ])
  const set = plan(mesh, 'mtls', ['cart', 'page'])
  assert.deepEqual(changed(set), ['update PeerAuthentication shop/web'])
  const value = after(set, 'PeerAuthentication web')
  assert.equal(at(value, ['spec', 'mtls', 'mode']), 'STRICT')
  assert.deepEqual(at(value, ['spec', 'portLevelMtls']), {8080: {mode: 'STRICT'}, 9090: {mode: 'DISABLE'}})
  const cut = meshOf([
    shop,
    app('cart', {podLabels: 'tier: web'}),
    app('page', {podLabels: 'tier: web'}),
    authentication('web', wide),
    outside('http://page.shop'),
  ])
  assert.match(
    verdict(cut, 'mtls', 'cart'),
    /^blocked: client-not-in-mesh/,
    'the policy turns page STRICT as well',
  )
})

test('clients come first: the deciding rule is set to mTLS in a phase before the policy', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    rule(
      'cart',
      `host: ${cart}\ntrafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}, tls: {mode: DISABLE}}`,
    ),
  ])
  const set = plan(mesh, 'mtls', ['cart'])
  assert.deepEqual(
    set.phases.map(({changes}) => changes.map(({id}) => id.kind)),
    [['DestinationRule'], ['PeerAuthentication']],
  )
  assert.deepEqual(at(after(set, 'DestinationRule cart'), ['spec', 'trafficPolicy']), {
    connectionPool: {tcp: {maxConnections: 5}},
    tls: {mode: 'ISTIO_MUTUAL'},
  })
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
  const [first] = set.phases
  assert.deepEqual(
    broken(mesh, applied(mesh, {phases: first === undefined ? [] : [first], notes: []})),
    [],
    'the first phase alone breaks nothing either',
  )
})

test('a subset that turns TLS off counts only where a route goes there', () => {
  const subsets = rule(
    'cart',
    `host: ${cart}\nsubsets: [{name: old, labels: {app: cart}, trafficPolicy: {tls: {mode: DISABLE}}}]`,
  )
  const route = istio(
    'VirtualService',
    'cart',
    `hosts: [${cart}]\nhttp: [{route: [{destination: {host: ${cart}, subset: old}}]}]`,
  )
  assert.equal(
    verdict(meshOf([shop, app('cart'), page, subsets]), 'mtls', 'cart'),
    'ready: plaintext-door-open',
  )
  const mesh = meshOf([shop, app('cart'), page, subsets, route])
  assert.equal(verdict(mesh, 'mtls', 'cart'), 'ready: destination-rule-edited')
  assert.deepEqual(
    at(after(plan(mesh, 'mtls', ['cart']), 'DestinationRule cart'), ['spec', 'subsets', 0, 'trafficPolicy']),
    {tls: {mode: 'ISTIO_MUTUAL'}},
  )
})

test('--pin-clients adds ISTIO_MUTUAL, in the rule that is there or in a new one', () => {
  const fresh = plan(meshOf([shop, app('cart'), page]), 'mtls', ['cart'], {'pin-clients': true})
  assert.deepEqual(changed(fresh), [
    'create DestinationRule shop/cart',
    'create PeerAuthentication shop/cart',
  ])
  assert.deepEqual(after(fresh, 'DestinationRule cart')['spec'], {
    host: cart,
    trafficPolicy: {tls: {mode: 'ISTIO_MUTUAL'}},
  })
  const there = meshOf([
    shop,
    app('cart'),
    page,
    rule('any', `host: cart\ntrafficPolicy: {portLevelSettings: [{port: {number: 80}, connectionPool: {}}]}`),
  ])
  const value = after(plan(there, 'mtls', ['cart'], {'pin-clients': true}), 'DestinationRule any')
  assert.deepEqual(at(value, ['spec', 'trafficPolicy', 'portLevelSettings', 0, 'tls']), {
    mode: 'ISTIO_MUTUAL',
  })
  const off = meshOf([
    shop,
    app('cart'),
    page,
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "enableAutoMtls: false"}`,
  ])
  assert.equal(verdict(off, 'mtls', 'cart', {'pin-clients': true}), 'ready')
})

test('a name that is taken is not taken twice', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    authentication('cart', 'selector: {matchLabels: {app: other}}\nmtls: {mode: PERMISSIVE}'),
  ])
  assert.deepEqual(changed(plan(mesh, 'mtls', ['cart'])), ['create PeerAuthentication shop/cart-strict'])
})

test('a rule over pods of which one cannot take mTLS is not just set to it', () => {
  const wide = service('wide').replace('app: wide', 'tier: web')
  const raw = workload('raw', {
    podLabels: 'tier: web, sidecar.istio.io/inject: "false"',
    env: {U: 'http://elsewhere'},
  })
  const manifests = [
    shop,
    app('cart', {podLabels: 'tier: web'}),
    app('elsewhere'),
    wide,
    raw,
    app('page', {env: {U: 'http://wide'}}),
    rule('wide', 'host: wide\ntrafficPolicy: {tls: {mode: DISABLE}}'),
  ]
  const {reasons} = assess(meshOf(manifests), 'mtls', 'cart')
  assert.deepEqual(
    reasons.map(({code}) => code),
    ['explicit-disable', 'shared-pods'],
  )
  assert.match(reasons[0]?.message ?? '', /raw behind it cannot take mTLS/)
})

test('a top-level DISABLE reaches endpoints past a port-level entry without tls', () => {
  const policy = `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 80}, connectionPool: {}}]}`
  const mesh = meshOf([shop, app('cart'), page, rule('cart', policy)])
  assert.equal(verdict(mesh, 'mtls', 'cart'), 'ready: destination-rule-edited')
  const set = plan(mesh, 'mtls', ['cart'])
  assert.deepEqual(at(after(set, 'DestinationRule cart'), ['spec', 'trafficPolicy', 'tls']), {
    mode: 'ISTIO_MUTUAL',
  })
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('of policies whose age is known the oldest is the one to edit', () => {
  const aged = (name: string, day: string): string =>
    authentication(name, 'selector: {matchLabels: {app: cart}}\nmtls: {mode: PERMISSIVE}').replace(
      'namespace: shop',
      `namespace: shop, creationTimestamp: "2025-01-${day}T00:00:00Z"`,
    )
  const mesh = meshOf([shop, app('cart'), aged('a', '02'), aged('z', '01')])
  assert.deepEqual(changed(plan(mesh, 'mtls', ['cart'])), ['update PeerAuthentication shop/z'])
})

test('a NetworkPolicy keeps out clients of whom nothing is known', () => {
  const policy =
    'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: own, namespace: shop}\nspec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]}'
  assert.equal(
    verdict(meshOf([shop, app('cart'), workload('quiet', {namespace: 'batch'}), policy]), 'mtls', 'cart'),
    'ready',
  )
})

const seen = {transport: 'plaintext', requests: 12, seconds: 60, source: 'access log'} as const

test('what was seen in plaintext blocks, and is named with its window and its number of requests', () => {
  const manifests = [shop, app('cart'), page, outside('http://stock.shop'), app('stock')]
  const options = {observed: [{...seen, client: 'batch/report', server: 'shop/cart:80'}]}
  const {state, reasons} = assess(meshOf(manifests, options), 'mtls', 'cart')
  assert.equal(state, 'blocked')
  assert.match(
    reasons[0]?.message ?? '',
    /batch\/report has no sidecar and calls shop\/cart:80 in plaintext \(observed: 12 requests in plaintext seen in 60 s \(access log\)\)/,
  )
})

test('so does somebody whom nobody can name, and a client in the mesh that goes past its proxy', () => {
  const manifests = [shop, app('cart'), page]
  for (const client of ['10.0.0.1 is node n1\u2019s own', 'shop/page']) {
    const options = {observed: [{...seen, client, server: 'shop/cart:80'}]}
    const {state, reasons} = assess(meshOf(manifests, options), 'mtls', 'cart')
    assert.deepEqual([state, reasons.map(({code}) => code)], ['blocked', ['plaintext-observed']])
    assert.ok(reasons[0]?.message.includes(client), reasons[0]?.message)
  }
})

test('plaintext that a rule explains does not block the step which sets the rule right', () => {
  const manifests = [
    shop,
    app('cart'),
    page,
    rule('cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`),
  ]
  const options = {observed: [{...seen, client: 'shop/page', server: 'shop/cart:80'}]}
  assert.equal(assess(meshOf(manifests, options), 'mtls', 'cart').state, 'ready')
})
