import assert from 'node:assert/strict'
import test from 'node:test'
import {changesOf} from '../../../src/changes/change-set.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import {at, record} from '../../../src/objects/json.ts'
import {stages} from '../../../src/stages/registry.ts'
import {without} from '../../../src/stages/edit.ts'
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
const ports =
  '{name: http, port: 80, targetPort: 8080}, {name: http-metrics, port: 9090}, {name: https-hook, port: 443, targetPort: 8443}'
const cart = app('cart', {ports})
const page = app('page', {env: {CART_URL: 'http://cart'}})

const podMonitor =
  'apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {matchLabels: {app: cart}}, podMetricsEndpoints: [{port: http-metrics}]}'
const serviceMonitor =
  'apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m, namespace: shop}\nspec: {selector: {}, endpoints: [{port: http-metrics}]}'
const prometheus = workload('prometheus', {namespace: 'monitoring'}).replace(
  'example/app:1',
  'quay.io/prometheus/prometheus:v3',
)
const mirrored = workload('metrics', {
  namespace: 'monitoring',
  podLabels: 'app.kubernetes.io/name: prometheus',
})
const webhook =
  'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: check}\nwebhooks: [{name: a.b.c, clientConfig: {service: {name: cart, namespace: shop}}}]'
const ingress =
  'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: front, namespace: shop}\nspec: {ingressClassName: nginx, rules: [{http: {paths: [{backend: {service: {name: cart, port: {number: 80}}}}]}}]}'
const probed = app('cart', {
  ports,
  annotations: 'sidecar.istio.io/rewriteAppHTTPProbers: "false"',
  container: 'readinessProbe: {httpGet: {port: 9090}}',
})
const balancer = service('front', {
  ports: '{name: http, port: 80, targetPort: 8080}',
  service: 'type: LoadBalancer',
}).replace('app: front', 'app: cart')

const callers: readonly (readonly [what: string, manifests: readonly string[], open: readonly number[]])[] = [
  ['a scrape by a PodMonitor', [cart, podMonitor], [9090]],
  ['a scrape by a ServiceMonitor, of a Prometheus that is there', [cart, serviceMonitor, prometheus], [9090]],
  ['the same, by its label', [cart, serviceMonitor, mirrored], [9090]],
  ['the API server', [cart, webhook], [8443]],
  ['the kubelet', [probed], [9090]],
  ['a load balancer', [cart, balancer], [8080]],
  ['an ingress of nginx', [cart, ingress], [8080]],
  ['a scrape, the API server', [cart, podMonitor, webhook], [8443, 9090]],
  ['a scrape and a probe of the same port', [probed, podMonitor], [9090]],
]

for (const [what, manifests, open] of callers) {
  test(`${what}: exactly port ${open.join(' and ')} stays open, enough and not more`, () => {
    const mesh = meshOf([shop, ...manifests, page])
    assert.match(verdict(mesh, 'mtls', 'cart'), /^ready: (shared-pods, )?carve-out-planned$/)
    const set = plan(mesh, 'mtls', ['cart'])
    assert.deepEqual(changed(set), ['create PeerAuthentication shop/cart'])
    const policy = after(set, 'PeerAuthentication cart')
    const levels = record(at(policy, ['spec', 'portLevelMtls']))
    assert.deepEqual(
      levels,
      Object.fromEntries(open.map(port => [String(port), {mode: 'PERMISSIVE'}])),
      'ports of the pods',
    )
    const now = applied(mesh, set)
    assert.deepEqual(broken(mesh, now), [], 'with them nothing breaks')
    for (const port of open) {
      const closed = withPolicy(now, without(policy, ['spec', 'portLevelMtls', String(port)]))
      assert.notDeepEqual(broken(mesh, closed), [], `without port ${port} a call breaks`)
    }
    assert.equal(verdict(now, 'mtls', 'cart'), 'done: carve-outs-remain')
    assert.deepEqual(changed(plan(now, 'mtls', ['cart'])), [], 'a second time there is nothing to do')
  })
}

function withPolicy(mesh: Mesh, policy: Parameters<typeof without>[0]): Mesh {
  return mesh.withObjects(
    mesh.objects().map(one => (one.id.kind === 'PeerAuthentication' ? {...one, value: policy} : one)),
  )
}

test('a carve-out says why it is there, where it is written and where it is assessed', () => {
  const mesh = meshOf([shop, cart, podMonitor, page])
  const [made] = changesOf(plan(mesh, 'mtls', ['cart']))
  assert.ok(made?.action === 'create')
  assert.match(made.yaml ?? '', /# 9090 because prometheus calls shop\/cart:9090 in plaintext\.\n/)
  assert.match(made.reason, /but for port 9090 because prometheus calls/)
  const [planned] = assess(mesh, 'mtls', 'cart').reasons
  assert.match(planned?.message ?? '', /port 9090 of the pods stays open/)
  assert.match(planned?.facts[0]?.text ?? '', /PodMonitor shop\/m/)
})

test('what is expected after: the port that stays open is open, the others demand mTLS', () => {
  const mesh = meshOf([shop, cart, podMonitor, page])
  const now = applied(mesh, plan(mesh, 'mtls', ['cart']))
  const modes = stages.mtls.walk
    .expect(now, [subject(now, 'mtls', 'cart')], {})
    .flatMap(one => (one.check === 'server-mode' ? [[one.port, one.mode]] : []))
  assert.deepEqual(modes, [
    [8080, 'STRICT'],
    [9090, 'PERMISSIVE'],
    [8443, 'STRICT'],
  ])
})

test('where every port would have to stay open nothing is won, and the callers stand in the way', () => {
  const one = app('cart', {ports: '{name: http-metrics, port: 9090}'})
  assert.equal(verdict(meshOf([shop, one, podMonitor]), 'mtls', 'cart'), 'blocked: prometheus-scrape')
})

test('a caller that is a workload is never carved out: it can have a sidecar', () => {
  const report = workload('report', {namespace: 'batch', env: {CART_URL: 'http://cart.shop:9090'}})
  assert.match(verdict(meshOf([shop, cart, page, report]), 'mtls', 'cart'), /^blocked: client-not-in-mesh/)
})

test('a Prometheus that is seen to scrape what a monitor names is carved out all the same, and for that port only', () => {
  const seen = (port: number): Mesh =>
    meshOf([shop, cart, page, serviceMonitor, prometheus], {
      observed: [
        {
          client: 'monitoring/prometheus',
          server: `shop/cart:${port}`,
          requests: 9,
          seconds: 9,
          transport: 'plaintext',
          source: 'a log',
        },
      ],
    })
  assert.equal(verdict(seen(9090), 'mtls', 'cart'), 'ready: carve-out-planned')
  assert.match(verdict(seen(80), 'mtls', 'cart'), /^blocked: client-not-in-mesh/)
})

test('a carve-out that nobody needs any more is closed by the next run', () => {
  const before = meshOf([shop, cart, podMonitor, page])
  const now = applied(before, plan(before, 'mtls', ['cart']))
  const gone = now.withObjects(now.objects().filter(({id}) => id.kind !== 'PodMonitor'))
  assert.equal(verdict(gone, 'mtls', 'cart'), 'ready: plaintext-door-open')
  const set = plan(gone, 'mtls', ['cart'])
  assert.deepEqual(at(after(set, 'PeerAuthentication cart'), ['spec', 'portLevelMtls']), {
    9090: {mode: 'STRICT'},
  })
  assert.equal(verdict(applied(gone, set), 'mtls', 'cart'), 'done')
})

test('an existing policy is edited: the port is opened in it, an exception of somebody is closed', () => {
  const own = istio(
    'PeerAuthentication',
    'own',
    'selector: {matchLabels: {app: cart}}\nportLevelMtls: {8080: {mode: PERMISSIVE}}',
  )
  const mesh = meshOf([shop, cart, podMonitor, page, own])
  const set = plan(mesh, 'mtls', ['cart'])
  assert.deepEqual(changed(set), ['update PeerAuthentication shop/own'])
  assert.deepEqual(after(set, 'PeerAuthentication own')['spec'], {
    selector: {matchLabels: {app: 'cart'}},
    mtls: {mode: 'STRICT'},
    portLevelMtls: {8080: {mode: 'STRICT'}, 9090: {mode: 'PERMISSIVE'}},
  })
  assert.deepEqual(broken(mesh, applied(mesh, set)), [])
})

test('a port that is refused today is not opened', () => {
  const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}')
  assert.equal(verdict(meshOf([shop, cart, podMonitor, strict]), 'mtls', 'cart'), 'done: client-cut-off')
})

test('mTLS for the whole mesh leaves a carve-out as it is, and counts it as a debt', () => {
  const mesh = meshOf([shop, cart, podMonitor, page])
  const walked = applied(mesh, plan(mesh, 'mtls', ['cart']))
  const set = plan(walked, 'mtls', ['mesh'], {exceptions: 'port'}, 'run')
  assert.deepEqual(changed(set), ['create PeerAuthentication istio-system/default'])
  const now = applied(walked, set)
  assert.deepEqual(broken(mesh, now), [])
  assert.equal(verdict(now, 'mtls', 'mesh', {}, 'run'), 'blocked: exceptions-remain')
})

test('no object of the plan can be left out', () => {
  const rule = istio(
    'DestinationRule',
    'cart',
    'host: cart.shop.svc.cluster.local\ntrafficPolicy: {tls: {mode: DISABLE}}',
  )
  const mesh = meshOf([shop, cart, podMonitor, page, rule])
  const set = plan(mesh, 'mtls', ['cart'])
  assert.equal(changesOf(set).length, 2)
  for (const left of changesOf(set)) {
    const phases = set.phases.map(phase => ({
      ...phase,
      changes: phase.changes.filter(one => one !== left),
    }))
    const rest = applied(mesh, {phases, notes: []})
    const lacks = broken(mesh, rest).length > 0 || !verdict(rest, 'mtls', 'cart').startsWith('done')
    assert.ok(lacks, `${left.id.kind} ${left.id.name} is not needed`)
  }
})

// --- servers that speak first ----------------------------------------------------------------

const database = (port: string): string => app('cart', {ports: `${port}, {name: http-metrics, port: 9090}`})

test('a server that speaks first is told before anything is proposed', () => {
  const declared = database('{name: mysql, port: 3306}')
  const sniffed = database('{name: vnc, port: 5900}')
  assert.equal(verdict(meshOf([shop, declared]), 'mtls', 'cart'), 'ready: server-first-protocol')
  const [said] = assess(meshOf([shop, sniffed]), 'mtls', 'cart').reasons
  assert.match(said?.message ?? '', /shop\/cart:5900 speaks before its clients do .*appProtocol: tcp/)
})

test('such a port is not carved out: PERMISSIVE would keep its plaintext callers waiting', () => {
  const balanced = service('front', {
    ports: '{name: mysql, port: 3306}',
    service: 'type: LoadBalancer',
  }).replace('app: front', 'app: cart')
  const mesh = meshOf([shop, database('{name: mysql, port: 3306}'), balanced])
  assert.match(verdict(mesh, 'mtls', 'cart'), /^blocked: server-first-protocol/)
})
