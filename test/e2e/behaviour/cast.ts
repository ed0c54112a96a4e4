import {stringify} from 'yaml'
import {appImage} from '../../testbed/images/names.ts'

interface Player {
  readonly namespace?: string
  readonly name: string
  readonly app?: string
  readonly version?: string
  readonly replicas?: number
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  /** Services that its configuration names, so that vet knows whom it calls. */
  readonly calls?: readonly string[]
  /** More of the pod's spec. */
  readonly pod?: object
}

/**
 * A workload that answers, and that questions can be asked from: HTTP on 8080 and 8081, a protocol in which the
 * server speaks first on 5900, TLS on 8443. It has an identity of its own, and no Service.
 */
export function deployment(player: Player): string {
  const {namespace = 'shop', name, app = name, version = '', replicas = 1, calls = []} = player
  const labels = {app, ...(version === '' ? {} : {version}), ...player.labels}
  const container = {
    name: 'app',
    image: appImage,
    command: ['node', '/testbed/many-ports.mjs'],
    env: [
      {name: 'VERSION', value: version},
      ...calls.map(host => ({
        name: `${host.toUpperCase().replaceAll(/\W/g, '_')}_URL`,
        value: `http://${host}`,
      })),
    ],
    ports: [{name: 'http', containerPort: 8080}, {containerPort: 8081}],
    readinessProbe: {httpGet: {path: '/', port: 8080}, periodSeconds: 1},
  }
  const metadata = {labels, ...(player.annotations && {annotations: player.annotations})}
  const spec = {
    serviceAccountName: app,
    terminationGracePeriodSeconds: 1,
    containers: [container],
    ...player.pod,
  }
  return documents([
    {apiVersion: 'v1', kind: 'ServiceAccount', metadata: {name: app, namespace}},
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name, namespace},
      spec: {
        replicas,
        selector: {matchLabels: {app, ...(version === '' ? {} : {version})}},
        template: {metadata, spec},
      },
    },
  ])
}

/** A Service in front of pods by their label `app`, port 80. */
export function service(name: string, namespace = 'shop'): string {
  const ports = [{name: 'http', port: 80, targetPort: 8080}]
  return documents([
    {apiVersion: 'v1', kind: 'Service', metadata: {name, namespace}, spec: {selector: {app: name}, ports}},
  ])
}

function documents(objects: readonly object[]): string {
  return objects.map(object => `---\n${stringify(object, {aliasDuplicateObjects: false})}`).join('')
}

function namespace(name: string, injection: 'enabled' | 'disabled'): string {
  return documents([
    {apiVersion: 'v1', kind: 'Namespace', metadata: {name, labels: {'istio-injection': injection}}},
  ])
}

/**
 * What all cases have in common. web calls orders, cart and legacy; cart calls stock; batch, which is not in the mesh,
 * calls orders. orders has three endpoints, two of v1 and one of v2; legacy has no sidecar; cart and stock are in
 * different regions.
 */
export const cast: string = [
  namespace('shop', 'enabled'),
  namespace('outside', 'disabled'),
  deployment({name: 'web', calls: ['orders', 'cart', 'legacy'], labels: {'istio-locality': 'eu.a'}}),
  deployment({name: 'orders', version: 'v1', replicas: 2}),
  deployment({name: 'orders-v2', app: 'orders', version: 'v2'}),
  deployment({
    name: 'cart',
    calls: ['stock'],
    labels: {shelf: 'mixed', regions: 'both', 'istio-locality': 'eu.a'},
  }),
  deployment({name: 'stock', labels: {regions: 'both', 'istio-locality': 'us.a'}}),
  deployment({
    name: 'legacy',
    calls: ['batch.outside'],
    labels: {shelf: 'mixed', 'sidecar.istio.io/inject': 'false'},
  }),
  deployment({name: 'batch', namespace: 'outside', calls: ['orders.shop']}),
  ...['web', 'orders', 'cart', 'stock', 'legacy'].map(name => service(name)),
  service('batch', 'outside'),
].join('')

/** Who collects spans and who decides about requests are of the cast too, and count what they get. */
export const meshConfig = {
  extensionProviders: [
    {name: 'gatekeeper', envoyExtAuthzHttp: {service: 'stock.shop.svc.cluster.local', port: 80}},
    {name: 'spans-to-cart', zipkin: {service: 'cart.shop.svc.cluster.local', port: 80}},
    {name: 'spans-to-stock', zipkin: {service: 'stock.shop.svc.cluster.local', port: 80}},
  ],
}
