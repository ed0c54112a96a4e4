import assert from 'node:assert/strict'
import test from 'node:test'
import {explain} from '../../src/flows/explain.ts'
import type {Input} from '../../src/flows/load-input.ts'
import {explainText} from '../../src/render/explain.ts'
import {plain} from '../../src/terminal/style.ts'
import {app, istio, meshOf, namespace, workload} from '../stages/manifests.ts'

const shop = namespace('shop')
const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}')
const page = app('page', {env: {CART_URL: 'http://cart'}})

function told(manifests: readonly string[], client: string): string {
  const input = {mesh: meshOf(manifests), assumptions: []} as unknown as Input
  return explainText(explain(input, client, 'shop/cart'), {...plain, width: 500})
}

test('a failing call names the object to change with its place, and ends with the facts', () => {
  const outside = workload('report', {namespace: 'batch', env: {CART_URL: 'http://cart.shop'}})
  assert.match(
    told([shop, app('cart'), strict, outside], 'report'),
    /to mend it, change:\n +- PeerAuthentication shop\/default, test\.yaml:\d+: give the caller a sidecar[^]*because:\n[^]*test\.yaml:\d+/,
  )
  const disable = istio('DestinationRule', 'cart', 'host: cart\ntrafficPolicy: {tls: {mode: DISABLE}}')
  assert.match(
    told([shop, app('cart'), page, strict, disable], 'page'),
    /to mend it, change:\n +- DestinationRule shop\/cart, test\.yaml:\d+: take tls out of it/,
  )
})

test('a call that works has nothing to mend', () => {
  assert.doesNotMatch(told([shop, app('cart'), page, strict], 'page'), /mend/)
})
