import assert from 'node:assert/strict'
import test from 'node:test'
import {tracingOf} from '../../src/mesh/tracing.ts'
import {meshOf, workloadOf} from '../support/mesh.ts'
import type {MeshOptions} from '../../src/mesh/mesh.ts'

const workload = (annotation = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: shop}
spec:
  template:
    metadata: {labels: {app: app, version: v1}, annotations: {${annotation}}}
    spec: {containers: [{name: app, image: app}]}
---`

const providers = `extensionProviders: [{name: Zipkin, zipkin: {service: zipkin.tracing.svc.cluster.local, port: 9411}}, {name: otel, opentelemetry: {service: otel.tracing.svc.cluster.local, port: 4317}}, {name: log, envoyFileAccessLog: {path: /dev/stdout}}]`
const config = (more = ''): string => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    ${providers}
    ${more}
---`

interface Written {
  readonly name?: string
  readonly namespace?: string
  readonly age?: number | null
  readonly tracing: string
  readonly more?: string
}

const telemetry = ({
  name = 't',
  namespace = 'istio-system',
  age = 100,
  tracing,
  more = '',
}: Written): string => `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: ${name}, namespace: ${namespace}${age === null ? '' : `, creationTimestamp: "${new Date(age * 1000).toISOString()}"`}}
spec: {${more}tracing: ${tracing}}
---`
const selector = 'selector: {matchLabels: {app: app}}, '
const zipkin = '[{providers: [{name: zipkin}]}]'

interface Case {
  readonly title: string
  readonly yaml: string
  readonly expected: readonly [
    on: boolean | 'unknown',
    provider: string | null,
    sampling: number,
    reason: string,
  ]
  readonly options?: MeshOptions
}

const cases: readonly Case[] = [
  {title: 'nothing named', yaml: config(), expected: [false, null, 1, 'no-provider']},
  {
    title: 'the default provider',
    yaml: config('defaultProviders: {tracing: [otel, zipkin]}'),
    expected: [true, 'otel', 1, 'default-provider'],
  },
  {
    title: 'an unknown default provider',
    yaml: config('defaultProviders: {tracing: [gone]}'),
    expected: [false, 'gone', 1, 'unknown-provider'],
  },
  {
    title: 'a Telemetry names a provider, without regard to case',
    yaml: config() + telemetry({tracing: zipkin}),
    expected: [true, 'zipkin', 1, 'telemetry'],
  },
  {
    title: 'only the first provider counts',
    yaml: config() + telemetry({tracing: '[{providers: [{name: otel}, {name: zipkin}]}]'}),
    expected: [true, 'otel', 1, 'telemetry'],
  },
  {
    title: 'sampling without a provider anywhere is off',
    yaml: config() + telemetry({tracing: '[{randomSamplingPercentage: 50}]'}),
    expected: [false, null, 50, 'no-provider'],
  },
  {
    title: 'sampling beside a default provider',
    yaml:
      config('defaultProviders: {tracing: [otel]}') +
      telemetry({tracing: '[{randomSamplingPercentage: 50}]'}),
    expected: [true, 'otel', 50, 'default-provider'],
  },
  {
    title: 'a sampling of 0 is honoured',
    yaml: config() + telemetry({tracing: '[{providers: [{name: otel}], randomSamplingPercentage: 0}]'}),
    expected: [true, 'otel', 0, 'telemetry'],
  },
  {
    title: 'an unknown provider is off',
    yaml: config() + telemetry({tracing: '[{providers: [{name: gone}]}]'}),
    expected: [false, 'gone', 1, 'unknown-provider'],
  },
  {
    title: 'an unknown provider takes the default away',
    yaml:
      config('defaultProviders: {tracing: [otel]}') + telemetry({tracing: '[{providers: [{name: gone}]}]'}),
    expected: [false, 'gone', 1, 'unknown-provider'],
  },
  {
    title: 'a provider that takes no spans is off',
    yaml: config() + telemetry({tracing: '[{providers: [{name: log}]}]'}),
    expected: [false, 'log', 1, 'unknown-provider'],
  },
  {
    title: 'span reporting turned off',
    yaml: config() + telemetry({tracing: '[{providers: [{name: otel}], disableSpanReporting: true}]'}),
    expected: [false, 'otel', 1, 'disabled'],
  },
  {
    title: 'and on again further down',
    yaml:
      config() +
      telemetry({tracing: '[{providers: [{name: otel}], disableSpanReporting: true}]'}) +
      telemetry({namespace: 'shop', tracing: '[{disableSpanReporting: false}]'}),
    expected: [true, 'otel', 1, 'telemetry'],
  },
  {
    title: 'of two in the root namespace only the oldest counts',
    yaml:
      config() +
      telemetry({name: 'a', age: 200, tracing: '[{providers: [{name: otel}]}]'}) +
      telemetry({name: 'b', age: 100, tracing: zipkin}),
    expected: [true, 'zipkin', 1, 'telemetry'],
  },
  {
    title: 'the oldest counts even if it says nothing on tracing',
    yaml:
      config() +
      telemetry({name: 'a', age: 200, tracing: zipkin}) +
      telemetry({name: 'b', age: 100, tracing: 'null'}),
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'root, namespace and workload override field by field',
    yaml:
      config() +
      telemetry({tracing: '[{providers: [{name: zipkin}], randomSamplingPercentage: 1}]'}) +
      telemetry({namespace: 'shop', tracing: '[{randomSamplingPercentage: 20}]'}) +
      telemetry({name: 'w', namespace: 'shop', more: selector, tracing: '[{providers: [{name: otel}]}]'}),
    expected: [true, 'otel', 20, 'telemetry'],
  },
  {
    title: 'of several for the workload the youngest has the last word',
    yaml:
      config() +
      telemetry({
        name: 'a',
        namespace: 'shop',
        age: 200,
        more: selector,
        tracing: '[{providers: [{name: otel}]}]',
      }) +
      telemetry({
        name: 'b',
        namespace: 'shop',
        age: 100,
        more: selector,
        tracing: '[{providers: [{name: zipkin}], randomSamplingPercentage: 7}]',
      }),
    expected: [true, 'otel', 7, 'telemetry'],
  },
  {
    title: 'a selector of another workload',
    yaml:
      config() + telemetry({namespace: 'shop', more: 'selector: {matchLabels: {app: b}}, ', tracing: zipkin}),
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'a selector in the root namespace is for its own pods',
    yaml: config() + telemetry({more: selector, tracing: zipkin}),
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'an empty selector is none',
    yaml: config() + telemetry({namespace: 'shop', more: 'selector: {matchLabels: {}}, ', tracing: zipkin}),
    expected: [true, 'zipkin', 1, 'telemetry'],
  },
  {
    title: 'targetRefs are for gateways and waypoints',
    yaml:
      config() +
      telemetry({namespace: 'shop', more: 'targetRefs: [{kind: Gateway, name: g}], ', tracing: zipkin}),
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'another namespace',
    yaml: config() + telemetry({namespace: 'other', tracing: zipkin}),
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'without a mesh config nobody knows the provider',
    yaml: telemetry({tracing: zipkin}),
    expected: ['unknown', 'zipkin', 1, 'mesh-config-unknown'],
  },
  {
    title: 'without a mesh config and a name it is off by default',
    yaml: '',
    expected: [false, null, 1, 'no-provider'],
  },
  {
    title: 'the rate of the mesh',
    yaml: config('defaultConfig: {tracing: {sampling: 10}}') + telemetry({tracing: zipkin}),
    expected: [true, 'zipkin', 10, 'telemetry'],
  },
  {
    title: 'a rate above 100 is 1',
    yaml: config('defaultConfig: {tracing: {sampling: 200}}') + telemetry({tracing: zipkin}),
    expected: [true, 'zipkin', 1, 'telemetry'],
  },
  {
    title: 'a provider without its service is off where all Services are known',
    yaml: config() + telemetry({tracing: zipkin}),
    options: {complete: ['*']},
    expected: [false, 'zipkin', 1, 'unknown-provider'],
  },
  {
    title: 'of two without an age one answer if they say the same',
    yaml:
      config() +
      telemetry({name: 'a', age: null, tracing: zipkin}) +
      telemetry({name: 'b', age: null, tracing: zipkin}),
    expected: [true, 'zipkin', 1, 'telemetry'],
  },
  {
    title: 'of two without an age none if they differ',
    yaml:
      config() +
      telemetry({name: 'a', age: null, tracing: zipkin}) +
      telemetry({name: 'b', age: null, tracing: '[{providers: [{name: otel}]}]'}),
    expected: ['unknown', 'zipkin', 1, 'rivals'],
  },
  {
    title: 'wrong types everywhere',
    yaml:
      config() +
      telemetry({
        tracing:
          '[null, 3, {providers: [3], match: x, randomSamplingPercentage: x, disableSpanReporting: 1}]',
      }) +
      telemetry({namespace: 'shop', tracing: 'x'}),
    expected: [false, null, 1, 'no-provider'],
  },
]

for (const {title, yaml, expected, options = {}} of cases) {
  test(`tracing: ${title}`, () => {
    const mesh = meshOf(workload() + yaml, options)
    const {tracing, facts} = mesh.telemetry(workloadOf(mesh, 'shop/app'))
    assert.deepEqual([tracing.on, tracing.provider, tracing.sampling, tracing.reason], expected)
    if (tracing.on !== true) assert.ok(facts.length > 0, 'it says why not')
  })
}

test('the pod’s own rate beats the mesh’s', () => {
  const mesh = meshOf(
    workload('proxy.istio.io/config: "tracing: {sampling: 33}"') +
      config('defaultConfig: {tracing: {sampling: 10}}'),
  )
  assert.equal(mesh.telemetry(workloadOf(mesh, 'shop/app')).tracing.sampling, 33)
})

test('a Telemetry for one direction leaves the other', () => {
  const mesh = meshOf(
    workload() + config() + telemetry({tracing: '[{match: {mode: CLIENT}, providers: [{name: otel}]}]'}),
  )
  const app = workloadOf(mesh, 'shop/app')
  assert.equal(tracingOf(mesh, app, 'client').tracing.on, true)
  assert.equal(tracingOf(mesh, app, 'server').tracing.on, false)
  const both = mesh.telemetry(app)
  assert.equal(both.tracing.on, true)
  assert.ok(both.facts.some(fact => fact.text.includes('differently')))
})

test('hundreds of rivals are answered at once', () => {
  const many = Array.from({length: 60}, (_, index) =>
    ['istio-system', 'shop']
      .map(namespace =>
        telemetry({
          name: `t${index}`,
          namespace,
          age: null,
          tracing: `[{randomSamplingPercentage: ${index}}]`,
        }),
      )
      .join(''),
  )
  const mesh = meshOf(workload() + config('defaultProviders: {tracing: [otel]}') + many.join(''))
  const start = performance.now()
  assert.equal(mesh.telemetry(workloadOf(mesh, 'shop/app')).tracing.reason, 'rivals')
  assert.ok(performance.now() - start < 500)
})
