import assert from 'node:assert/strict'
import test from 'node:test'
import {at} from '../../../src/objects/json.ts'
import {stages} from '../../../src/stages/registry.ts'
import {
  after,
  app,
  applied,
  assess,
  changed,
  istio,
  meshConfig,
  meshOf,
  namespace,
  plan,
  service,
  subject,
  verdict,
  workload,
} from '../manifests.ts'

const shop = namespace('shop')
const zipkin = meshConfig(
  'extensionProviders:\n- {name: zipkin, zipkin: {service: zipkin.tools.svc.cluster.local, port: 9411}}',
)
const collector =
  'apiVersion: v1\nkind: Service\nmetadata: {name: zipkin, namespace: tools}\nspec: {ports: [{name: http, port: 9411}]}'
const two = meshConfig(
  'extensionProviders:\n- {name: zipkin, zipkin: {service: zipkin.tools.svc.cluster.local, port: 9411}}\n- {name: otel, opentelemetry: {service: zipkin.tools.svc.cluster.local, port: 4317}}\n- {name: log, envoyFileAccessLog: {path: /dev/stdout}}',
)
const telemetry = (name: string, spec: string, place = 'shop'): string =>
  istio('Telemetry', name, spec, place)
const own = 'selector: {matchLabels: {app: cart}}'
const tracing = (name: string): string =>
  `tracing: [{providers: [{name: ${name}}], randomSamplingPercentage: 50}]`

const states: readonly (readonly [what: string, manifests: readonly string[], expected: string])[] = [
  ['the one declared provider', [shop, app('cart'), zipkin, collector], 'ready'],
  [
    'a provider whose service is not in the input',
    [shop, app('cart'), zipkin],
    'ready: provider-service-unverified',
  ],
  [
    'no provider declared',
    [shop, app('cart'), meshConfig('accessLogFile: /dev/stdout')],
    'blocked: provider-unknown',
  ],
  ['several declared', [shop, app('cart'), two, collector], 'blocked: provider-ambiguous'],
  ['no mesh config', [shop, app('cart')], 'blocked: mesh-config-unknown'],
  ['no sidecar', [app('cart'), zipkin, collector], 'blocked: server-not-in-mesh'],
  [
    'a sidecar on some pods',
    [
      shop,
      app('cart'),
      workload('cart2', {podLabels: 'sidecar.istio.io/inject: "false"'}).replace('app: cart2', 'app: cart'),
      zipkin,
      collector,
    ],
    'ready: server-not-in-mesh',
  ],
  ['no workload', [shop, service('cart'), zipkin], 'unknown: endpoints-unknown'],
  [
    'on for its pods',
    [shop, app('cart'), zipkin, collector, telemetry('cart', `${own}\n${tracing('zipkin')}`)],
    'done',
  ],
  [
    'on for the namespace',
    [shop, app('cart'), zipkin, collector, telemetry('all', tracing('zipkin'))],
    'done',
  ],
  [
    'on for the mesh',
    [shop, app('cart'), zipkin, collector, telemetry('all', tracing('zipkin'), 'istio-system')],
    'done',
  ],
  [
    'a provider nobody declared',
    [shop, app('cart'), zipkin, collector, telemetry('cart', `${own}\n${tracing('other')}`)],
    'ready',
  ],
  [
    'reporting turned off for the mesh',
    [
      shop,
      app('cart'),
      zipkin,
      collector,
      telemetry('all', 'tracing: [{disableSpanReporting: true}]', 'istio-system'),
    ],
    'ready',
  ],
  [
    'a collector that the Sidecar hides',
    [shop, app('cart'), zipkin, collector, istio('Sidecar', 'default', 'egress: [{hosts: ["./*"]}]')],
    'blocked: provider-hidden',
  ],
  [
    'another Telemetry that sets tracing for more pods',
    [
      shop,
      app('cart', {podLabels: 'tier: web'}),
      app('page', {podLabels: 'tier: web'}),
      zipkin,
      collector,
      telemetry('web', `selector: {matchLabels: {tier: web}}\n${tracing('other')}`),
    ],
    'blocked: telemetry-shared',
  ],
  [
    'another Telemetry that sets metrics for more pods',
    [
      shop,
      app('cart', {podLabels: 'tier: web'}),
      app('page', {podLabels: 'tier: web'}),
      zipkin,
      collector,
      telemetry('web', 'selector: {matchLabels: {tier: web}}\nmetrics: [{}]'),
    ],
    'ready',
  ],
]

for (const [what, manifests, expected] of states) {
  test(`tracing walk: ${what} is ${expected}`, () => {
    assert.equal(verdict(meshOf(manifests), 'tracing', 'cart'), expected)
  })
}

test('what is declared is listed, with the text that is to be added', () => {
  const mesh = meshOf([shop, app('cart'), two, collector])
  const [named] = assess(mesh, 'tracing', 'cart', {provider: 'jaeger'}).reasons
  assert.equal(named?.code, 'provider-unknown')
  assert.match(named?.message ?? '', /there is: zipkin and otel\)/)
  assert.match(
    named?.unblock ?? '',
    /extensionProviders: \[\{name: jaeger, zipkin: \{service: zipkin\.tools\.svc\.cluster\.local, port: 9411\}\}\]/,
  )
  assert.equal(verdict(mesh, 'tracing', 'cart', {provider: 'otel'}), 'ready')
})

test('a provider that is complete and has no service is no provider', () => {
  const mesh = meshOf([shop, app('cart'), zipkin], {complete: ['Service', 'ServiceEntry']})
  assert.equal(verdict(mesh, 'tracing', 'cart'), 'blocked: provider-service-missing')
})

test('one Telemetry for the service, done after, and a second run changes nothing', () => {
  const mesh = meshOf([shop, app('cart'), zipkin, collector])
  const set = plan(mesh, 'tracing', ['cart'], {sampling: 5})
  assert.deepEqual(changed(set), ['create Telemetry shop/cart'])
  assert.deepEqual(after(set, 'Telemetry cart')['spec'], {
    selector: {matchLabels: {app: 'cart'}},
    tracing: [{providers: [{name: 'zipkin'}], randomSamplingPercentage: 5}],
  })
  const now = applied(mesh, set)
  assert.equal(verdict(now, 'tracing', 'cart'), 'done')
  assert.deepEqual(changed(plan(now, 'tracing', ['cart'])), [])
  assert.deepEqual(stages.tracing.walk.expect(now, [subject(now, 'tracing', 'cart')], {}), [
    {check: 'tracing-provider', namespace: 'shop', workload: 'cart', provider: 'zipkin'},
  ])
})

test('one Telemetry for a namespace, shared by its services', () => {
  const mesh = meshOf([shop, app('cart'), app('page'), zipkin, collector])
  const set = plan(mesh, 'tracing', ['cart', 'page'], {scope: 'namespace'})
  assert.deepEqual(changed(set), ['create Telemetry shop/tracing'])
  assert.equal(at(after(set, 'Telemetry tracing'), ['spec', 'selector']), undefined)
})

test('the one without a selector is extended, never joined', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    zipkin,
    collector,
    telemetry('all', 'metrics: [{providers: [{name: prometheus}]}]'),
  ])
  const set = plan(mesh, 'tracing', ['cart'], {scope: 'namespace'})
  assert.deepEqual(changed(set), ['update Telemetry shop/all'])
  assert.deepEqual(after(set, 'Telemetry all')['spec'], {
    metrics: [{providers: [{name: 'prometheus'}]}],
    tracing: [{providers: [{name: 'zipkin'}], randomSamplingPercentage: 1}],
  })
})

test('of an existing entry the provider is changed and the rate is kept, unless another one is asked for', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    zipkin,
    collector,
    telemetry(
      'cart',
      `${own}\ntracing: [{providers: [{name: old}], randomSamplingPercentage: 50, disableSpanReporting: true, customTags: {}}]`,
    ),
  ])
  const entry = (answers: Readonly<Record<string, unknown>>): unknown =>
    at(after(plan(mesh, 'tracing', ['cart'], answers), 'Telemetry cart'), ['spec', 'tracing', 0])
  assert.deepEqual(entry({}), {
    providers: [{name: 'zipkin'}],
    randomSamplingPercentage: 50,
    disableSpanReporting: false,
    customTags: {},
  })
  assert.deepEqual(entry({sampling: 2}), {
    providers: [{name: 'zipkin'}],
    randomSamplingPercentage: 2,
    disableSpanReporting: false,
    customTags: {},
  })
})

test('where reporting is off above, it is turned on here', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    zipkin,
    collector,
    telemetry('all', 'tracing: [{providers: [{name: zipkin}], disableSpanReporting: true}]', 'istio-system'),
  ])
  const set = plan(mesh, 'tracing', ['cart'])
  assert.equal(at(after(set, 'Telemetry cart'), ['spec', 'tracing', 0, 'disableSpanReporting']), false)
  assert.equal(verdict(applied(mesh, set), 'tracing', 'cart'), 'done')
})

test('on the word that a provider is declared, with the texts for Helm and istioctl', () => {
  const mesh = meshOf([shop, app('cart')])
  const answers = {provider: 'jaeger', 'provider-declared': true}
  assert.equal(verdict(mesh, 'tracing', 'cart', answers), 'ready')
  const set = plan(mesh, 'tracing', ['cart'], answers)
  assert.deepEqual(changed(set), ['create Telemetry shop/cart'])
  const contents = set.notes.flatMap(({content}) => content ?? [])
  assert.equal(contents.length, 2)
  for (const content of contents)
    assert.match(
      content,
      /extensionProviders:\n\s+- name: jaeger\n\s+zipkin:\n\s+service: zipkin\.istio-system/,
    )
  assert.equal(verdict(applied(mesh, set), 'tracing', 'cart', answers), 'done')
  const denied = meshOf([shop, app('cart'), zipkin, collector])
  assert.equal(verdict(denied, 'tracing', 'cart', answers), 'ready: provider-on-word')
  assert.equal(
    verdict(applied(denied, plan(denied, 'tracing', ['cart'], answers)), 'tracing', 'cart', answers),
    'done',
  )
})

test('an older Telemetry for more pods is overridden by the younger one of the service', () => {
  const aged = (text: string, day: string): string =>
    text.replace('namespace: shop', `namespace: shop, creationTimestamp: "2025-01-${day}T00:00:00Z"`)
  const wide = (day: string): string =>
    aged(telemetry('web', `selector: {matchLabels: {tier: web}}\n${tracing('other')}`), day)
  const narrow = aged(telemetry('cart', `${own}\n${tracing('other')}`), '05')
  const manifests = [
    shop,
    app('cart', {podLabels: 'tier: web'}),
    app('page', {podLabels: 'tier: web'}),
    zipkin,
    collector,
    narrow,
  ]
  const mesh = meshOf([...manifests, wide('01')])
  assert.equal(verdict(mesh, 'tracing', 'cart'), 'ready')
  assert.deepEqual(changed(plan(mesh, 'tracing', ['cart'])), ['update Telemetry shop/cart'])
  assert.equal(verdict(meshOf([...manifests, wide('09')]), 'tracing', 'cart'), 'blocked: telemetry-shared')
})

test('two of a namespace whose age is not known: which counts is unknown', () => {
  const mesh = meshOf([
    shop,
    app('cart'),
    zipkin,
    collector,
    telemetry('a', 'metrics: [{}]'),
    telemetry('b', 'accessLogging: [{}]'),
  ])
  assert.equal(verdict(mesh, 'tracing', 'cart', {scope: 'namespace'}), 'unknown: rival-policies-without-age')
})
