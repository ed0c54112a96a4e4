import assert from 'node:assert/strict'
import test from 'node:test'
import {at} from '../../../src/objects/json.ts'
import {ejectable} from '../../../src/mesh/outliers.ts'
import {ejectionPercent} from '../../../src/stages/resiliency/endpoints.ts'
import {stages} from '../../../src/stages/registry.ts'
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

const shop = namespace('shop')
const page = app('page', {env: {CART_URL: 'http://cart'}})
const cart = 'cart.shop.svc.cluster.local'
const route = (name: string, spec: string, place = 'shop'): string =>
  istio('VirtualService', name, spec, place)
const rule = (name: string, spec: string, place = 'shop'): string =>
  istio('DestinationRule', name, spec, place)
const autoscaler = (fewest: number): string =>
  `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: cart, namespace: shop}\nspec: {minReplicas: ${fewest}, maxReplicas: 9, scaleTargetRef: {kind: Deployment, name: cart}}`
const withTimeout = route(
  'cart',
  `hosts: [${cart}]\nhttp: [{route: [{destination: {host: ${cart}}}], timeout: 3s}]`,
)
const detecting = (percent: string): string =>
  rule('cart', `host: ${cart}\ntrafficPolicy: {outlierDetection: {${percent}}}`)
const upgrade = '{headers: {upgrade: {exact: websocket}}}'

const states: readonly (readonly [what: string, manifests: readonly string[], expected: string])[] = [
  ['three replicas and a client', [shop, app('cart'), page], 'ready'],
  ['no client known, others in the mesh', [shop, app('cart')], 'ready'],
  ['one replica', [shop, app('cart', {replicas: 1}), page], 'blocked: single-endpoint'],
  [
    'one replica that is scaled to two at least',
    [shop, app('cart', {replicas: 1}), page, autoscaler(2)],
    'ready',
  ],
  [
    'three replicas that may be scaled to one',
    [shop, app('cart'), page, autoscaler(1)],
    'blocked: single-endpoint',
  ],
  ['a pod on each node', [shop, app('cart', {kind: 'DaemonSet'}), page], 'ready: endpoint-count-unknown'],
  ['no workload', [shop, service('cart'), page], 'unknown: endpoints-unknown'],
  [
    'clients without a sidecar only',
    [shop, app('cart'), workload('report', {namespace: 'batch', env: {U: 'http://cart.shop'}})],
    'blocked: no-client-in-mesh',
  ],
  ['nothing in the mesh at all', [app('cart'), page], 'blocked: no-client-in-mesh'],
  ['TCP only', [shop, app('cart', {ports: '{name: tcp, port: 5432}'}), page], 'blocked: tcp-ports'],
  [
    'TCP beside HTTP',
    [shop, app('cart', {ports: '{name: tcp, port: 5432}, {name: http, port: 80}'}), page],
    'ready',
  ],
  ['gRPC', [shop, app('cart', {ports: '{name: grpc, port: 80}'}), page], 'blocked: streaming-port'],
  [
    'a web socket by appProtocol',
    [shop, app('cart', {ports: '{name: http, port: 80, appProtocol: kubernetes.io/ws}'}), page],
    'blocked: streaming-port',
  ],
  [
    'a web socket by a route',
    [
      shop,
      app('cart'),
      page,
      route(
        'front',
        `hosts: [x.example.com]\ngateways: [front]\nhttp: [{match: [${upgrade}], route: [{destination: {host: ${cart}}}]}]`,
      ),
    ],
    'blocked: streaming-port',
  ],
  [
    'an HTTPRoute',
    [
      shop,
      app('cart'),
      page,
      'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: cart, namespace: shop}\nspec: {parentRefs: [{group: "", kind: Service, name: cart}], rules: [{backendRefs: [{name: cart, port: 80}]}]}',
    ],
    'blocked: http-route-owns',
  ],
  [
    'a VirtualService for several hosts with routes elsewhere',
    [
      shop,
      app('cart'),
      page,
      app('stock'),
      route(
        'all',
        `hosts: [${cart}, stock.shop.svc.cluster.local]\nhttp: [{match: [{uri: {prefix: /s}}], route: [{destination: {host: stock.shop.svc.cluster.local}}]}, {route: [{destination: {host: ${cart}}}]}]`,
      ),
    ],
    'blocked: shared-virtual-service',
  ],
  [
    'a VirtualService for another name of the same service',
    [
      shop,
      app('cart'),
      page,
      route(
        'cart',
        `hosts: [${cart}, cart.example.com]\ngateways: [mesh, front]\nhttp: [{route: [{destination: {host: ${cart}}}]}]`,
      ),
    ],
    'ready',
  ],
  [
    'two VirtualServices of unknown age',
    [shop, app('cart'), page, withTimeout, withTimeout.replace('name: cart', 'name: cart2')],
    'unknown: rival-policies-without-age',
  ],
  [
    'retries that take longer than the timeout',
    [
      shop,
      app('cart'),
      page,
      route(
        'cart',
        `hosts: [${cart}]\nhttp: [{route: [{destination: {host: ${cart}}}], retries: {attempts: 3, perTryTimeout: 10s}}]`,
      ),
    ],
    'blocked: retry-budget-exceeds-timeout',
  ],
  [
    'a DestinationRule for many hosts',
    [shop, app('cart'), page, rule('all', 'host: "*.local"\ntrafficPolicy: {connectionPool: {}}')],
    'blocked: wildcard-destination-rule',
  ],
  [
    'two DestinationRules of unknown age',
    [
      shop,
      app('cart'),
      page,
      rule('a', `host: ${cart}\ntrafficPolicy: {tls: {mode: ISTIO_MUTUAL}}`),
      rule('b', `host: ${cart}\ntrafficPolicy: {connectionPool: {}}`),
    ],
    'unknown: rival-policies-without-age',
  ],
  ['both in place', [shop, app('cart'), page, withTimeout, detecting('maxEjectionPercent: 34')], 'done'],
  [
    'a share under which nothing is ever ejected',
    [shop, app('cart'), page, withTimeout, detecting('consecutive5xxErrors: 5')],
    'ready',
  ],
  [
    '"no limit" by somebody\'s word',
    [shop, app('cart'), page, withTimeout.replace('3s', '0s'), detecting('maxEjectionPercent: 34')],
    'done',
  ],
]

for (const [what, manifests, expected] of states) {
  test(`resiliency walk: ${what} is ${expected}`, () => {
    assert.equal(verdict(meshOf(manifests), 'resiliency', 'cart'), expected)
  })
}

test('answers change what is in the way', () => {
  const streams = meshOf([shop, app('cart', {ports: '{name: grpc, port: 80}'}), page])
  assert.equal(verdict(streams, 'resiliency', 'cart', {'cut-streams': true}), 'ready')
  const retries = meshOf([
    shop,
    app('cart'),
    page,
    route(
      'cart',
      `hosts: [${cart}]\nhttp: [{route: [{destination: {host: ${cart}}}], retries: {attempts: 1, perTryTimeout: 10s}}]`,
    ),
  ])
  assert.equal(verdict(retries, 'resiliency', 'cart', {timeout: '30s'}), 'ready')
})

test('new objects where there are none, as the answers say, and done after', () => {
  const mesh = meshOf([shop, app('cart'), page])
  const set = plan(mesh, 'resiliency', ['cart'], {
    timeout: '4s',
    'consecutive-errors': 7,
    'ejection-time': '1m',
  })
  assert.deepEqual(changed(set), ['create VirtualService shop/cart', 'create DestinationRule shop/cart'])
  assert.deepEqual(after(set, 'VirtualService cart')['spec'], {
    hosts: [cart],
    http: [{name: 'default', route: [{destination: {host: cart}}], timeout: '4s'}],
  })
  assert.deepEqual(after(set, 'DestinationRule cart')['spec'], {
    host: cart,
    trafficPolicy: {
      outlierDetection: {
        consecutive5xxErrors: 7,
        interval: '10s',
        baseEjectionTime: '1m',
        maxEjectionPercent: 34,
      },
    },
  })
  const now = applied(mesh, set)
  assert.deepEqual(broken(mesh, now), [])
  assert.equal(verdict(now, 'resiliency', 'cart'), 'done')
  const [edge] = now.edges().filter(({server}) => server.service.name === 'cart')
  assert.equal(edge?.judge().outcome.timeout, '4s')
  assert.equal(edge?.judge().outcome.outlierDetection?.maxEjectionPercent, 34)
  assert.ok(set.notes.some(({title}) => title === 'Own zone first'))
  assert.deepEqual(stages.resiliency.walk.expect(now, [subject(now, 'resiliency', 'cart')], {}), [
    {check: 'route-timeout', client: 'shop/page', server: 'shop/cart:80', timeout: '4s'},
    {check: 'outlier-detection', client: 'shop/page', server: 'shop/cart:80'},
  ])
})

test('the VirtualService and the DestinationRule that win are extended, and what they set stays', () => {
  const routes = `hosts: [cart]\nhttp: [{match: [{uri: {prefix: /old}}], redirect: {uri: /new}}, {match: [{uri: {prefix: /slow}}], route: [{destination: {host: cart}}], timeout: 60s}, {route: [{destination: {host: cart}}]}]`
  const policy = `host: cart\ntrafficPolicy: {tls: {mode: ISTIO_MUTUAL}, portLevelSettings: [{port: {number: 80}, connectionPool: {}}]}\nsubsets: [{name: v1, labels: {app: cart}, trafficPolicy: {portLevelSettings: [{port: {number: 80}}]}}, {name: v2, labels: {app: cart}}]`
  const mesh = meshOf([shop, app('cart'), page, route('own', routes), rule('own', policy)])
  const set = plan(mesh, 'resiliency', ['cart'])
  assert.deepEqual(changed(set), ['update VirtualService shop/own', 'update DestinationRule shop/own'])
  const http = at(after(set, 'VirtualService own'), ['spec', 'http'])
  assert.deepEqual(http, [
    {match: [{uri: {prefix: '/old'}}], redirect: {uri: '/new'}},
    {match: [{uri: {prefix: '/slow'}}], route: [{destination: {host: 'cart'}}], timeout: '60s'},
    {route: [{destination: {host: 'cart'}}], timeout: '15s'},
  ])
  const edited = after(set, 'DestinationRule own')
  assert.deepEqual(at(edited, ['spec', 'trafficPolicy', 'tls']), {mode: 'ISTIO_MUTUAL'})
  for (const path of [
    ['trafficPolicy'],
    ['trafficPolicy', 'portLevelSettings', 0],
    ['subsets', 0, 'trafficPolicy', 'portLevelSettings', 0],
  ]) {
    assert.equal(at(edited, ['spec', ...path, 'outlierDetection', 'maxEjectionPercent']), 34, path.join('.'))
  }
  assert.equal(at(edited, ['spec', 'subsets', 1, 'trafficPolicy']), undefined)
  assert.equal(verdict(applied(mesh, set), 'resiliency', 'cart'), 'done')
})

test("a rule of the client's namespace is the one that counts for it, and is extended as well", () => {
  const far = [namespace('web'), workload('front', {namespace: 'web', env: {U: 'http://cart.shop'}})]
  const mesh = meshOf([
    shop,
    app('cart'),
    ...far,
    rule('far', `host: ${cart}\ntrafficPolicy: {connectionPool: {}}`, 'web'),
  ])
  assert.deepEqual(changed(plan(mesh, 'resiliency', ['cart'])), [
    'create VirtualService shop/cart',
    'update DestinationRule web/far',
    'create DestinationRule shop/cart',
  ])
})

test('a rule that does not reach all clients is not joined by a second one', () => {
  const far = [namespace('web'), workload('front', {namespace: 'web', env: {U: 'http://cart.shop'}})]
  const mesh = meshOf([
    shop,
    app('cart'),
    ...far,
    rule('cart', `host: ${cart}\nexportTo: ["."]\ntrafficPolicy: {connectionPool: {}}`),
  ])
  assert.equal(verdict(mesh, 'resiliency', 'cart'), 'blocked: destination-rule-hidden')
})

test('a VirtualService that does not reach all clients is not joined by a second one', () => {
  const far = [namespace('web'), workload('front', {namespace: 'web', env: {U: 'http://cart.shop'}})]
  const hidden = withTimeout.replace('hosts:', 'exportTo: ["."]\n  hosts:')
  assert.equal(
    verdict(meshOf([shop, app('cart'), ...far, hidden]), 'resiliency', 'cart'),
    'blocked: virtual-service-hidden',
  )
})

test('routes of a gateway that lead to the service get the timeout too', () => {
  const front = route(
    'front',
    `hosts: [x.example.com]\ngateways: [front]\nhttp: [{route: [{destination: {host: ${cart}}}]}]`,
  )
  const gateway = istio(
    'Gateway',
    'front',
    'selector: {istio: ingressgateway}\nservers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [x.example.com]}]',
  )
  const mesh = meshOf([shop, app('cart'), gateway, front, withTimeout, detecting('maxEjectionPercent: 34')])
  assert.equal(verdict(mesh, 'resiliency', 'cart'), 'ready')
  const set = plan(mesh, 'resiliency', ['cart'])
  assert.deepEqual(changed(set), ['update VirtualService shop/front'])
  assert.equal(at(after(set, 'VirtualService front'), ['spec', 'http', 0, 'timeout']), '15s')
})

test('at least one endpoint can be left out and never all, however Envoy rounds', () => {
  for (let endpoints = 2; endpoints <= 1000; endpoints++) {
    const percent = ejectionPercent(endpoints)
    const exact = Math.floor((percent * endpoints) / 100)
    assert.ok(exact >= 1 && ejectable(endpoints, percent) >= 1, `${endpoints}: ${percent}`)
    assert.ok(exact < endpoints && ejectable(endpoints, percent) < endpoints, `${endpoints}: ${percent}`)
  }
  assert.equal(ejectionPercent(2), 50)
  assert.equal(ejectionPercent(3), 34)
})

test('facts lead to the replicas', () => {
  const {reasons} = assess(meshOf([shop, app('cart', {replicas: 1}), page]), 'resiliency', 'cart')
  assert.deepEqual(reasons[0]?.facts[0]?.path, ['spec', 'replicas'])
})

test('routes that are delegated belong to the delegate', () => {
  const root = route('cart', `hosts: [${cart}]\nhttp: [{delegate: {name: inner}}]`)
  const inner = route('inner', `http: [{route: [{destination: {host: ${cart}}}]}]`)
  assert.equal(
    verdict(meshOf([shop, app('cart'), page, root, inner]), 'resiliency', 'cart'),
    'blocked: delegated-routes',
  )
})

test('a detector that is turned off is turned on, and a share of the author is kept', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    page,
    withTimeout,
    detecting('consecutive5xxErrors: 0, maxEjectionPercent: 100'),
  ])
  assert.equal(verdict(mesh, 'resiliency', 'cart'), 'ready')
  const value = after(plan(mesh, 'resiliency', ['cart']), 'DestinationRule cart')
  assert.deepEqual(at(value, ['spec', 'trafficPolicy', 'outlierDetection']), {
    consecutive5xxErrors: 5,
    maxEjectionPercent: 100,
  })
})
