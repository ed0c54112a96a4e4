import assert from 'node:assert/strict'
import {test} from 'node:test'
import {describe, idOf, objectKey, sameObject} from '../../src/objects/identity.ts'
import {groupOf, kindOf} from '../../src/objects/kinds.ts'
import type {ObjectId} from '../../src/objects/object.ts'

const id = (apiVersion: string, kind: string, namespace: string, name: string): ObjectId => ({
  cluster: '',
  apiVersion,
  kind,
  namespace,
  name,
})

test('Knows the kinds that a mesh is made of, in every version', () => {
  assert.deepEqual(kindOf('networking.istio.io/v1alpha3', 'VirtualService'), {
    group: 'networking.istio.io',
    plural: 'virtualservices',
    namespaced: true,
  })
  assert.deepEqual(kindOf('v1', 'Namespace'), {group: '', plural: 'namespaces', namespaced: false})
  assert.equal(kindOf('authentication.istio.io/v1alpha1', 'MeshPolicy')?.namespaced, false)
  assert.equal(kindOf('gateway.networking.k8s.io/v1', 'Gateway')?.group, 'gateway.networking.k8s.io')
  assert.equal(kindOf('example.com/v1', 'Thing'), undefined)
  assert.equal(kindOf('constructor', 'toString'), undefined)
})

test('The group of an apiVersion', () => {
  assert.equal(groupOf('v1'), '')
  assert.equal(groupOf('apps/v1'), 'apps')
})

test('Versions of one kind are the same object, kinds of two groups are not', () => {
  assert.ok(
    sameObject(
      id('networking.istio.io/v1', 'Gateway', 'a', 'b'),
      id('networking.istio.io/v1beta1', 'Gateway', 'a', 'b'),
    ),
  )
  assert.ok(
    !sameObject(
      id('networking.istio.io/v1', 'Gateway', 'a', 'b'),
      id('gateway.networking.k8s.io/v1', 'Gateway', 'a', 'b'),
    ),
  )
  assert.ok(
    sameObject(
      id('extensions/v1beta1', 'Ingress', 'a', 'b'),
      id('networking.k8s.io/v1', 'Ingress', 'a', 'b'),
    ),
  )
  assert.ok(!sameObject(id('v1', 'Service', 'a', 'b'), id('v1', 'Service', 'b', 'a')))
  assert.notEqual(
    objectKey({...id('v1', 'Service', 'a', 'b'), cluster: 'x'}),
    objectKey(id('v1', 'Service', 'a', 'b')),
  )
})

test('An object in words', () => {
  assert.equal(
    describe(id('security.istio.io/v1', 'PeerAuthentication', 'default', 'strict')),
    'PeerAuthentication default/strict',
  )
  assert.equal(describe(id('v1', 'Namespace', '', 'prod')), 'Namespace prod')
})

test('There is no identity without apiVersion, kind and name', () => {
  assert.equal(idOf({apiVersion: 'v1', kind: 'Service'}), undefined)
  assert.equal(idOf({apiVersion: 'v1', metadata: {name: 'a'}}), undefined)
  assert.equal(idOf({kind: 'Service', metadata: {name: 'a'}}), undefined)
  assert.deepEqual(
    idOf(
      {apiVersion: 'v1', kind: 'Service', metadata: {name: 'a'}},
      {defaultNamespace: 'mine', cluster: 'c'},
    ),
    {...id('v1', 'Service', 'mine', 'a'), cluster: 'c'},
  )
})
