import assert from 'node:assert/strict'
import test from 'node:test'
import {
  admitsHost,
  findGateway,
  gatewayKey,
  gatewayServers,
  gatewayWorkloads,
} from '../../src/mesh/gateways.ts'
import {meshOf} from '../support/mesh.ts'

const keys: readonly (readonly [string, string])[] = [
  ['gw', 'shop/gw'],
  ['edge/gw', 'edge/gw'],
  ['./gw', 'shop/gw'],
  ['gw.edge.svc.cluster.local', 'edge/gw'],
  ['gw.edge', 'edge/gw'],
  ['mesh', 'mesh'],
]

for (const [ref, key] of keys) {
  test(`a VirtualService of shop means ${key} by ${ref}`, () => assert.equal(gatewayKey(ref, 'shop'), key))
}

const mesh = meshOf(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: edge}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    tls: {mode: SIMPLE, credentialName: cert, httpsRedirect: true}
    hosts: ["shop/*.shop.example", "./admin.example"]
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ["open.example"]
  - 3
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: other, namespace: edge}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: bare, namespace: edge}
spec: {selector: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: router, namespace: istio-system}
spec:
  template:
    metadata: {labels: {istio: ingressgateway, app: router}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
`)

test('a Gateway is found by its reference, and that of the Gateway API is another kind', () => {
  assert.equal(mesh.gateway('edge/gw', 'shop')?.id.name, 'gw')
  assert.equal(mesh.gateway('gw', 'shop'), null)
  assert.equal(mesh.gateway('edge/other', 'shop'), null)
  assert.equal(mesh.gateway('mesh', 'shop'), null)
})

test('the workloads of any namespace that its selector matches serve it', () => {
  const gateway = findGateway(mesh, 'edge/gw', '')
  const bare = findGateway(mesh, 'edge/bare', '')
  assert.ok(gateway !== null && bare !== null)
  assert.deepEqual(
    gatewayWorkloads(mesh, gateway).map(workload => workload.name),
    ['router'],
  )
  assert.deepEqual(gatewayWorkloads(mesh, bare), [])
})

test('its servers are read, and hosts admitted by namespace and pattern', () => {
  const gateway = findGateway(mesh, 'edge/gw', '')
  assert.ok(gateway !== null)
  const [secure, plain, ...more] = gatewayServers(gateway)
  assert.equal(more.length, 0)
  assert.deepEqual(secure?.tls, {mode: 'SIMPLE', credentialName: 'cert', httpsRedirect: true})
  assert.deepEqual(plain?.port, {number: 80, name: 'http', protocol: 'HTTP'})
  assert.equal(plain.tls, null)
  const admitted: readonly (readonly [string, string, boolean])[] = [
    ['a.shop.example', 'shop', true],
    ['a.shop.example', 'other', false],
    ['*', 'shop', true],
    ['*.example', 'other', true],
    ['admin.example', 'edge', true],
    ['admin.example', 'shop', false],
    ['open.example', 'anywhere', true],
    ['closed.example', 'anywhere', false],
  ]
  for (const [host, namespace, expected] of admitted)
    assert.equal(admitsHost(gateway, host, namespace), expected, `${namespace}/${host}`)
})
