import assert from 'node:assert/strict'
import test from 'node:test'
import {at} from '../../../src/objects/json.ts'
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

const plainNamespace = namespace('shop', 'team: a')
const inject = ['spec', 'template', 'metadata', 'labels', 'sidecar.istio.io/inject']

const states: readonly (readonly [what: string, manifests: readonly string[], expected: string])[] = [
  ['a workload of a plain namespace', [plainNamespace, app('cart')], 'ready'],
  ['a namespace that is not in the input', [app('cart')], 'ready'],
  ['a namespace that injects', [namespace('shop'), app('cart')], 'done'],
  ['its own label', [plainNamespace, app('cart', {podLabels: 'sidecar.istio.io/inject: "true"'})], 'done'],
  [
    'a pod that opts out',
    [namespace('shop'), app('cart', {podLabels: 'sidecar.istio.io/inject: "false"'})],
    'ready: opted-out',
  ],
  [
    'a legacy annotation that opts out',
    [namespace('shop'), app('cart', {annotations: 'sidecar.istio.io/inject: "false"'})],
    'ready: opted-out',
  ],
  [
    'a namespace that turns injection off',
    [namespace('shop', 'istio-injection: disabled'), app('cart')],
    'blocked: namespace-disabled',
  ],
  ['the host network', [plainNamespace, app('cart', {pod: 'hostNetwork: true'})], 'blocked: host-network'],
  [
    'the host network in a namespace that injects',
    [namespace('shop'), app('cart', {pod: 'hostNetwork: true'})],
    'blocked: host-network',
  ],
  [
    'ambient mode',
    [namespace('shop', 'istio.io/dataplane-mode: ambient'), app('cart')],
    'not-applicable: ambient',
  ],
  [
    'a gateway',
    [namespace('shop'), app('cart', {annotations: 'inject.istio.io/templates: gateway'})],
    'not-applicable: gateway',
  ],
  [
    "the proxy's own user",
    [plainNamespace, app('cart', {pod: 'securityContext: {runAsUser: 1337}'})],
    'blocked: uid-1337',
  ],
  [
    "the proxy's own user in a container",
    [plainNamespace, app('cart', {container: 'securityContext: {runAsUser: 1337}'})],
    'blocked: uid-1337',
  ],
  [
    'a port of the proxy',
    [plainNamespace, app('cart', {container: 'ports: [{containerPort: 15090}]'})],
    'blocked: reserved-port',
  ],
  [
    'an init container that calls out',
    [
      plainNamespace,
      app('cart', {
        pod: 'initContainers: [{name: wait, image: busybox, command: [sh, -c, "until wget -q db; do sleep 1; done"]}]',
      }),
    ],
    'ready: native-sidecar',
  ],
  [
    'an init container that does not',
    [
      plainNamespace,
      app('cart', {pod: 'initContainers: [{name: own, image: busybox, command: [chown, "1:1", /data]}]'}),
    ],
    'ready',
  ],
  [
    'Pod Security',
    [namespace('shop', 'pod-security.kubernetes.io/enforce: restricted'), app('cart')],
    'ready: pod-security',
  ],
  [
    'Pod Security with istio-cni',
    [
      namespace('shop', 'pod-security.kubernetes.io/enforce: restricted'),
      app('cart'),
      workload('istio-cni-node', {namespace: 'istio-system', kind: 'DaemonSet'}),
    ],
    'ready',
  ],
  [
    'HTTPS probes on a port named http',
    [plainNamespace, app('cart', {container: 'readinessProbe: {httpGet: {port: 8080, scheme: HTTPS}}'})],
    'blocked: app-speaks-tls',
  ],
  [
    'HTTPS probes on a port named https',
    [
      plainNamespace,
      app('cart', {
        ports: '{name: https, port: 443, targetPort: 8080}',
        container: 'readinessProbe: {httpGet: {port: 8080, scheme: HTTPS}}',
      }),
    ],
    'ready',
  ],
]

for (const [what, manifests, expected] of states) {
  test(`sidecars walk: ${what} is ${expected}`, () => {
    assert.equal(verdict(meshOf(manifests), 'sidecars', 'cart'), expected)
  })
}

test('a Job is pinned to a native sidecar, and blocked where Istio knows none', () => {
  const job =
    'apiVersion: batch/v1\nkind: Job\nmetadata: {name: nightly, namespace: shop}\nspec: {template: {metadata: {labels: {app: nightly}}, spec: {containers: [{name: app, image: a}]}}}'
  const mesh = meshOf([plainNamespace, job])
  assert.equal(verdict(mesh, 'sidecars', 'nightly'), 'ready: native-sidecar')
  const value = after(plan(mesh, 'sidecars', ['nightly']), 'Job nightly')
  assert.equal(
    at(value, ['spec', 'template', 'metadata', 'annotations', 'sidecar.istio.io/nativeSidecar']),
    'true',
  )
  const old = meshOf([plainNamespace, job], {istioVersion: {minor: '1.24', source: 'flag'}})
  assert.equal(verdict(old, 'sidecars', 'nightly'), 'blocked: job-never-ends')
})

test('STRICT that would hold at once blocks while a caller has no sidecar, and names that caller', () => {
  const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}')
  const outside = workload('report', {namespace: 'batch', env: {CART_URL: 'http://cart.shop'}})
  const mesh = meshOf([plainNamespace, strict, app('cart'), outside])
  const {state, reasons} = assess(mesh, 'sidecars', 'cart')
  assert.equal(state, 'blocked')
  assert.equal(reasons[0]?.code, 'strict-in-force')
  assert.match(
    reasons[0]?.message ?? '',
    /batch\/report calls it without a sidecar \(inferred: environment variable CART_URL/,
  )
  const inside = meshOf([
    plainNamespace,
    strict,
    app('cart'),
    namespace('web'),
    workload('page', {namespace: 'web', env: {CART_URL: 'http://cart.shop'}}),
  ])
  assert.equal(verdict(inside, 'sidecars', 'cart'), 'ready')
})

test('STRICT and a caller of whom nothing is known', () => {
  const mesh = meshOf([
    plainNamespace,
    istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}'),
    app('cart'),
    workload('quiet', {namespace: 'batch'}),
  ])
  assert.match(verdict(mesh, 'sidecars', 'cart'), /^blocked: client-calls-unknown$/)
})

test('a server that speaks first hangs for clients without a sidecar, and only for those', () => {
  const database = app('db', {ports: '{name: mysql, port: 3306}'})
  const outside = workload('report', {namespace: 'batch', env: {DB_HOST: 'db.shop'}})
  assert.equal(
    verdict(meshOf([plainNamespace, database, outside]), 'sidecars', 'db'),
    'blocked: server-first-protocol',
  )
  const inside = [namespace('web'), workload('page', {namespace: 'web', env: {DB_HOST: 'db.shop'}})]
  assert.equal(verdict(meshOf([plainNamespace, database, ...inside]), 'sidecars', 'db'), 'ready')
})

test('one of several behind a headless service is blocked only where STRICT holds', () => {
  const headless = service('queue', {service: 'clusterIP: None'})
  const pods = [
    workload('queue', {}),
    workload('queue-2', {podLabels: 'x: y'}).replace('app: queue-2', 'app: queue'),
  ]
  assert.equal(verdict(meshOf([plainNamespace, headless, ...pods]), 'sidecars', 'queue'), 'ready')
  const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}')
  const declared = {
    clients: ['queue', 'queue-2'].map(name => ({
      client: `shop/${name}`,
      calls: [],
      reason: 'none',
      until: null,
      object: null,
      path: [],
    })),
  }
  assert.equal(
    verdict(meshOf([plainNamespace, strict, headless, ...pods], declared), 'sidecars', 'queue'),
    'blocked: headless-mixed',
  )
})

test('REGISTRY_ONLY refuses what the sidecar would not know', () => {
  const scope = istio(
    'Sidecar',
    'default',
    'outboundTrafficPolicy: {mode: REGISTRY_ONLY}\negress: [{hosts: ["./*"]}]',
  )
  const mesh = meshOf([
    plainNamespace,
    scope,
    app('cart', {env: {STOCK_URL: 'http://stock.depot'}}),
    app('stock', {namespace: 'depot'}),
  ])
  assert.equal(verdict(mesh, 'sidecars', 'cart'), 'blocked: registry-only')
})

test('the plan labels the pods, removes a contrary annotation, and touches nothing else', () => {
  const mesh = meshOf([
    namespace('shop'),
    app('cart', {annotations: 'sidecar.istio.io/inject: "false", team: a'}),
    app('other'),
  ])
  const set = plan(mesh, 'sidecars', ['cart'])
  assert.deepEqual(changed(set), ['update Deployment shop/cart'])
  const value = after(set, 'Deployment cart')
  assert.equal(at(value, inject), 'true')
  assert.deepEqual(at(value, ['spec', 'template', 'metadata', 'annotations']), {team: 'a'})
  assert.equal(at(value, ['spec', 'replicas']), 3)
  const now = applied(mesh, set)
  assert.equal(verdict(now, 'sidecars', 'cart'), 'done')
  assert.deepEqual(changed(plan(now, 'sidecars', ['cart'])), [])
})

test('a revision that is the only one, or named, is what the label says', () => {
  const webhook = (revision: string): string =>
    `apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: istio-sidecar-injector-${revision}, labels: {istio.io/rev: ${revision}}}\nwebhooks: [{name: rev.namespace.sidecar-injector.istio.io, namespaceSelector: {matchExpressions: [{key: istio.io/rev, operator: In, values: [${revision}]}]}}]`
  const one = meshOf([plainNamespace, app('cart'), webhook('canary')])
  assert.deepEqual(one.revisions, ['canary'])
  const value = after(plan(one, 'sidecars', ['cart']), 'Deployment cart')
  assert.equal(at(value, ['spec', 'template', 'metadata', 'labels', 'istio.io/rev']), 'canary')
  assert.equal(at(value, inject), undefined)
  assert.equal(verdict(applied(one, plan(one, 'sidecars', ['cart'])), 'sidecars', 'cart'), 'done')
  const two = meshOf([plainNamespace, app('cart'), webhook('blue'), webhook('green')])
  assert.equal(verdict(two, 'sidecars', 'cart'), 'blocked: revision-ambiguous')
  assert.equal(verdict(two, 'sidecars', 'cart', {revision: 'green'}), 'ready')
  assert.equal(verdict(two, 'sidecars', 'cart', {revision: 'red'}), 'blocked: revision-unknown')
})

test('the last one of a namespace brings the other way: a label on the namespace', () => {
  const mesh = meshOf([plainNamespace, app('cart'), app('stock')])
  const titles = (names: readonly string[]): readonly string[] =>
    plan(mesh, 'sidecars', names).notes.map(({title}) => title)
  assert.ok(!titles(['cart']).includes('Or label namespace shop'))
  assert.ok(titles(['cart', 'stock']).includes('Or label namespace shop'))
  assert.deepEqual(stages.sidecars.walk.expect(mesh, [subject(mesh, 'sidecars', 'cart')], {}), [
    {check: 'injected', namespace: 'shop', workload: 'cart'},
  ])
})

test('injecting all that is ready breaks no call', () => {
  const mesh = meshOf([
    plainNamespace,
    app('cart', {env: {STOCK_URL: 'http://stock'}}),
    app('stock', {env: {DB_URL: 'http://db.depot'}}),
    app('db', {namespace: 'depot'}),
  ])
  assert.deepEqual(broken(mesh, applied(mesh, plan(mesh, 'sidecars', ['cart', 'stock']))), [])
})

const pod = (name: string, container: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop, labels: {app: cart}, ownerReferences: [{kind: Deployment, name: cart, controller: true}]}\nspec: {containers: [{name: ${container}, image: x}]}\nstatus: {phase: Running}`

test('pods that run without the sidecar which their template asks for need a restart', () => {
  const asked = app('cart', {podLabels: 'sidecar.istio.io/inject: "true"'})
  const mesh = meshOf([plainNamespace, asked, pod('one', 'app')])
  assert.equal(verdict(mesh, 'sidecars', 'cart'), 'blocked: restart-needed')
  assert.match(
    assess(mesh, 'sidecars', 'cart').reasons[0]?.unblock ?? '',
    /kubectl rollout restart deployment\/cart -n shop/,
  )
  assert.equal(verdict(meshOf([plainNamespace, app('cart'), pod('one', 'app')]), 'sidecars', 'cart'), 'ready')
  assert.equal(
    verdict(
      meshOf([plainNamespace, asked, pod('one', 'app'), pod('two', 'istio-proxy')]),
      'sidecars',
      'cart',
    ),
    'unknown: rollout-under-way',
  )
})

test('rival policies leave open what would hold', () => {
  const rivals = ['STRICT', 'DISABLE'].map(mode =>
    istio('PeerAuthentication', mode.toLowerCase(), `mtls: {mode: ${mode}}`),
  )
  assert.equal(
    verdict(meshOf([plainNamespace, app('cart'), ...rivals]), 'sidecars', 'cart'),
    'unknown: rival-policies-without-age',
  )
})

test('a client that sends TLS of its own to a port named http would be refused', () => {
  const rule = istio(
    'DestinationRule',
    'cart',
    'host: cart.shop.svc.cluster.local\ntrafficPolicy: {tls: {mode: SIMPLE}}',
  )
  const client = [namespace('web'), workload('page', {namespace: 'web', env: {CART_URL: 'http://cart.shop'}})]
  assert.equal(
    verdict(meshOf([plainNamespace, app('cart'), ...client, rule]), 'sidecars', 'cart'),
    'blocked: app-speaks-tls',
  )
  assert.equal(
    verdict(
      meshOf([
        plainNamespace,
        app('cart', {ports: '{name: https, port: 80, targetPort: 8080}'}),
        ...client,
        rule,
      ]),
      'sidecars',
      'cart',
    ),
    'ready',
  )
})
