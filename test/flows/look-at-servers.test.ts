import assert from 'node:assert/strict'
import {it} from 'node:test'

import {tellingPast} from '../../src/flows/look-at-servers.ts'
import {meshOf} from '../support/mesh.ts'

const now = new Date('2026-11-25T20:00:00Z')

function past(readySince: string, labels = 'istio-injection: enabled'): number {
  const mesh = meshOf(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {${labels}}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: page, namespace: shop}
spec: {template: {metadata: {labels: {app: page}}, spec: {containers: [{name: a, image: a, env: [{name: CART_URL, value: "http://cart"}]}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: page-1, namespace: shop, ownerReferences: [{kind: Deployment, name: page, controller: true}]}
spec: {containers: [{name: a, image: a}, {name: istio-proxy, image: proxyv2}]}
status: {phase: Running, conditions: [{type: Ready, status: "True", lastTransitionTime: "${readySince}"}]}
`)
  const [service] = mesh.services
  assert.ok(service !== undefined)
  return tellingPast({mesh}, service, now) / 1000
}

for (const [what, readySince, seconds] of [
  ['long ago', '2026-11-25T10:00:00Z', 300],
  ['two minutes ago: without the time in which the old ones end', '2026-11-25T19:58:00Z', 90],
  ['just now', '2026-11-25T19:59:50Z', 0],
  ['nobody knows when', '', 300],
] as const)
  it(`clients' pods replaced ${what}`, () => assert.equal(past(readySince), seconds))
