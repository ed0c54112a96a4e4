import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {KubeObject} from '../../src/objects/object.ts'
import {overlay} from '../../src/objects/overlay.ts'

const object = (apiVersion: string, kind: string, name: string, mark: string): KubeObject => ({
  id: {cluster: '', apiVersion, kind, namespace: 'shop', name},
  value: {apiVersion, kind, mark},
  source: null,
})

const marks = (objects: readonly KubeObject[]): unknown[] => objects.map(({value}) => value['mark'])

test('What lies on top replaces what it names, in its place; the rest stays or follows', () => {
  const base = [
    object('v1', 'Service', 'a', 'base a'),
    object('networking.istio.io/v1beta1', 'DestinationRule', 'a', 'base rule'),
    object('v1', 'Service', 'b', 'base b'),
  ]
  const top = [
    object('v1', 'Service', 'c', 'top c'),
    object('networking.istio.io/v1', 'DestinationRule', 'a', 'top rule'),
    object('v1', 'ConfigMap', 'a', 'top map'),
  ]
  assert.deepEqual(marks(overlay(base, top)), ['base a', 'top rule', 'base b', 'top c', 'top map'])
})

test('Of several alike on top the last counts, as with kubectl apply', () => {
  assert.deepEqual(
    marks(overlay([], [object('v1', 'Service', 'a', 'first'), object('v1', 'Service', 'a', 'second')])),
    ['second'],
  )
})

test('Nothing on top, or nothing below', () => {
  const some = [object('v1', 'Service', 'a', 'a')]
  assert.deepEqual(overlay(some, []), some)
  assert.deepEqual(overlay([], some), some)
})
