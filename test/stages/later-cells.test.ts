import assert from 'node:assert/strict'
import test from 'node:test'
import type {MeshOptions} from '../../src/mesh/mesh.ts'
import {stages} from '../../src/stages/registry.ts'
import type {Capability, StageName} from '../../src/stages/stage.ts'
import {app, istio, meshConfig, meshOf, namespace, subject, verdict, workload} from './manifests.ts'

const shop = namespace('shop')
const all: MeshOptions = {complete: ['*']}
const cart = 'cart.shop.svc.cluster.local'
const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}', 'istio-system')
const outside = workload('report', {namespace: 'batch', env: {U: 'http://cart.shop'}})
const zipkin = meshConfig(
  'defaultProviders: {tracing: [zipkin]}\nextensionProviders:\n- {name: zipkin, zipkin: {service: z.example.com, port: 9411}}',
)
const secret = (name: string, labels = ''): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: istio-system, labels: {${labels}}}`
const route = (spec: string): string =>
  istio(
    'VirtualService',
    'cart',
    `hosts: [${cart}]\nhttp:\n- {route: [{destination: {host: ${cart}}}], ${spec}}`,
  )

const table: readonly (readonly [
  cell: string,
  what: string,
  manifests: readonly string[],
  expected: string,
  options?: MeshOptions,
])[] = [
  ['sidecars run', 'all in the mesh', [shop, app('cart')], 'done'],
  [
    'sidecars run',
    'one left that can come',
    [shop, app('cart'), namespace('batch', 'a: b'), outside],
    'ready: workloads-left',
  ],
  [
    'sidecars run',
    'one that cannot',
    [shop, app('cart', {pod: 'hostNetwork: true'})],
    'blocked: workload-blocked',
  ],
  ['sidecars run', 'nothing', [shop], 'not-applicable: no-workloads'],
  ['sidecars jetpack', 'a directory', [shop, app('cart')], 'unknown: clusters-unknown'],
  ['sidecars jetpack', 'one whole cluster', [shop, app('cart')], 'blocked: single-cluster', all],
  [
    'sidecars jetpack',
    'a part',
    [shop, secret('istio-remote-secret-b', 'istio/multiCluster: "true"')],
    'unknown: no-network, no-east-west-gateway',
  ],
  [
    'sidecars jetpack',
    'all parts',
    [
      namespace('istio-system', 'topology.istio.io/network: one'),
      secret('istio-remote-secret-b', 'istio/multiCluster: "true"'),
      'apiVersion: v1\nkind: Service\nmetadata: {name: ew, namespace: istio-system, labels: {topology.istio.io/network: one}}\nspec: {}',
    ],
    'done',
  ],
  ['tracing run', 'no spans yet', [shop, app('cart')], 'blocked: walk-first'],
  ['tracing run', 'spans of proxies', [shop, app('cart'), zipkin], 'unknown: headers-unknown'],
  ['tracing jetpack', 'no spans yet', [shop, app('cart')], 'blocked: walk-first'],
  [
    'tracing jetpack',
    'spans of proxies',
    [shop, app('cart', {env: {OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c'}}), zipkin],
    'unknown: spans-unknown',
  ],
  ['mtls run', 'nobody would be cut off', [shop, app('cart')], 'ready'],
  ['mtls run', 'one would', [shop, app('cart'), outside], 'blocked: client-not-in-mesh'],
  [
    'mtls run',
    'one may',
    [shop, app('cart'), workload('quiet', {namespace: 'batch'})],
    'blocked: client-calls-unknown',
  ],
  [
    'mtls run',
    "one client's rule turns TLS off",
    [
      shop,
      app('cart'),
      app('page', {env: {U: 'http://cart'}}),
      istio('DestinationRule', 'cart', `host: ${cart}\ntrafficPolicy: {tls: {mode: DISABLE}}`),
    ],
    'ready',
  ],
  ['mtls run', 'in force', [shop, app('cart'), strict], 'done'],
  [
    'mtls run',
    'in force with an exception',
    [shop, app('cart'), strict, istio('PeerAuthentication', 'x', 'mtls: {mode: PERMISSIVE}')],
    'ready: exception-unneeded',
  ],
  ['mtls run', 'no server', [app('cart')], 'not-applicable: no-servers'],
  ['mtls jetpack', 'a directory', [shop], 'unknown: ca-unknown'],
  ['mtls jetpack', 'a CA of its own', [shop, secret('cacerts')], 'done: own-ca'],
  [
    'mtls jetpack',
    'a whole cluster without',
    [shop, 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}'],
    'ready: self-signed',
    all,
  ],
  [
    'mtls jetpack',
    'a registration authority',
    [
      shop,
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod, namespace: istio-system}\nspec: {template: {spec: {containers: [{name: d, env: [{name: EXTERNAL_CA, value: ISTIOD_RA_KUBERNETES_API}]}]}}}',
    ],
    'done: own-ca',
  ],
  ['resiliency run', 'no fault', [shop, app('cart')], 'ready'],
  [
    'resiliency run',
    'a fault for one client',
    [
      shop,
      app('cart'),
      route(
        'match: [{sourceLabels: {app: tester}}], fault: {abort: {httpStatus: 500, percentage: {value: 100}}}',
      ),
    ],
    'done: fault-in-force',
  ],
  [
    'resiliency run',
    'a fault for everybody',
    [shop, app('cart'), route('fault: {abort: {httpStatus: 500, percentage: {value: 100}}}')],
    'blocked: fault-unscoped',
  ],
  [
    'resiliency run',
    'source labels that gateways cancel',
    [
      shop,
      app('cart'),
      route(
        'match: [{sourceLabels: {app: tester}, gateways: [mesh]}], fault: {delay: {fixedDelay: 1s, percentage: {value: 1}}}',
      ),
    ],
    'blocked: fault-unscoped',
  ],
  ['resiliency run', 'nobody in the mesh', [app('cart')], 'blocked: no-client-in-mesh'],
  ['resiliency run', 'TCP', [shop, app('cart', {ports: '{name: tcp, port: 9000}'})], 'blocked: tcp-ports'],
  ['resiliency jetpack', "Istio's default retries", [shop, app('cart')], 'ready'],
  ['resiliency jetpack', 'one endpoint', [shop, app('cart', {replicas: 1})], 'blocked: single-endpoint'],
  [
    'resiliency jetpack',
    'unsafe for all methods',
    [shop, app('cart'), route('retries: {attempts: 3, retryOn: "5xx"}')],
    'blocked: unsafe-retries',
  ],
  [
    'resiliency jetpack',
    'by method',
    [
      shop,
      app('cart'),
      route('match: [{method: {regex: "GET|HEAD"}}], retries: {attempts: 3, retryOn: "5xx"}'),
    ],
    'done',
  ],
]

for (const [cell, what, manifests, expected, options] of table) {
  const [capability, stage] = cell.split(' ') as [Capability, StageName]
  test(`${cell}: ${what} is ${expected}`, () => {
    const mesh = meshOf(manifests, options)
    const name = stages[capability][stage].subject === 'mesh' ? 'mesh' : 'cart'
    assert.equal(verdict(mesh, capability, name, undefined, stage), expected)
    if (stages[capability][stage].notPlannable === null) return
    assert.deepEqual(stages[capability][stage].plan(mesh, [subject(mesh, capability, name, stage)], {}), {
      phases: [],
      notes: [],
    })
  })
}
