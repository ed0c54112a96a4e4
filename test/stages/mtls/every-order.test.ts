import assert from 'node:assert/strict'
import test from 'node:test'
import {changesOf} from '../../../src/changes/change-set.ts'
import type {Change, Phase} from '../../../src/changes/change-set.ts'
import {brokenOrders} from '../../../src/stages/mtls/orders.ts'
import {app, applied, broken, istio, meshOf, namespace, plan, verdict, workload} from '../manifests.ts'

// Every mesh of two servers, a client in the mesh and one outside, by what may be said of them; and for each of them
// every way to save calls, every phase, and every set of its changes that a client's proxy and a server's may hold.

const shop = namespace('shop')
const page = app('page', {env: {CART_URL: 'http://cart', STOCK_URL: 'http://stock'}})
const servers = [shop, app('cart'), app('stock'), page]
const rule = (name: string, place: string, host: string, mode: string): string =>
  istio('DestinationRule', name, `host: "${host}"\ntrafficPolicy: {tls: {mode: ${mode}}}`, place)
const policy = (name: string, place: string, spec: string): string =>
  istio('PeerAuthentication', name, spec, place)
const cart = 'cart.shop.svc.cluster.local'

const parts: readonly (readonly (readonly string[])[])[] = [
  ['', 'PERMISSIVE', 'DISABLE'].map(mode =>
    mode === '' ? [] : [policy('default', 'istio-system', `mtls: {mode: ${mode}}`)],
  ),
  ['', 'PERMISSIVE', 'STRICT', 'DISABLE'].map(mode =>
    mode === '' ? [] : [policy('default', 'shop', `mtls: {mode: ${mode}}`)],
  ),
  ['', 'PERMISSIVE', 'DISABLE'].map(mode =>
    mode === ''
      ? []
      : [policy('cart', 'shop', `selector: {matchLabels: {app: cart}}\nmtls: {mode: ${mode}}`)],
  ),
  [
    [],
    [rule('cart', 'shop', cart, 'DISABLE')],
    [rule('cart', 'shop', cart, 'SIMPLE')],
    [rule('cart', 'shop', cart, 'ISTIO_MUTUAL')],
    [rule('all', 'istio-system', '*.local', 'DISABLE')],
    [
      rule('cart', 'shop', cart, 'DISABLE'),
      rule('all', 'istio-system', '*.shop.svc.cluster.local', 'DISABLE'),
    ],
  ],
  [
    [],
    [
      workload('report', {
        namespace: 'batch',
        env: {STOCK_URL: 'http://stock.shop', CART_URL: 'http://cart.shop'},
      }),
    ],
  ],
]

const meshes = parts.reduce<readonly (readonly string[])[]>(
  (made, choices) => made.flatMap(one => choices.map(choice => [...one, ...choice])),
  [servers],
)

/** Every set of a phase's changes: whatever of it a proxy may hold. */
function everySubset({changes}: Phase): readonly (readonly Change[])[] {
  return changes.reduce<readonly (readonly Change[])[]>(
    (sets, change) => [...sets, ...sets.map(set => [...set, change])],
    [[]],
  )
}

test(`in each of ${meshes.length} small meshes no order of a step that is offered breaks a call`, t => {
  let [offered, naiveBreaks] = [0, 0]
  for (const manifests of meshes) {
    const mesh = meshOf(manifests)
    for (const exceptions of ['none', 'port', 'workload', 'namespace']) {
      const said = verdict(mesh, 'mtls', 'mesh', {exceptions}, 'run')
      if (!said.startsWith('ready')) continue
      const set = plan(mesh, 'mtls', ['mesh'], {exceptions}, 'run')
      offered++
      const where = `${manifests.slice(servers.length).join('\n---\n')}\n--exceptions ${exceptions}`
      assert.deepEqual(
        brokenOrders(mesh, set, everySubset).map(one => one.phase),
        [],
        where,
      )
      assert.deepEqual(broken(mesh, applied(mesh, set)), [], where)
      const naive = {phases: [{title: 'all at once', changes: changesOf(set)}]}
      if (brokenOrders(mesh, naive).length > 0 || brokenOrders(mesh, naive, everySubset).length > 0)
        naiveBreaks++
    }
  }
  t.diagnostic(
    `${offered} steps were offered; taken all at once, ${naiveBreaks} of them could have broken a call`,
  )
  assert.ok(offered > 100 && naiveBreaks > 50, `${offered} offered, ${naiveBreaks} naive ones break`)
})
