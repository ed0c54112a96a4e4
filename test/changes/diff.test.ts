import assert from 'node:assert/strict'
import {test} from 'node:test'
import {diffChange, diffFile} from '../../src/changes/diff.ts'
import {parseText} from '../../src/objects/parse.ts'
import {create, named, remove, strict, update} from './workspace.ts'

const text =
  '# one\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: b # b\n  namespace: shop\n'
const label = (v: any): unknown => (v.metadata.labels = {x: 'z'})

test('the change of an object of a file is a diff of the file, with the lines of the file', () => {
  const {objects} = parseText(text, './k8s/all.yaml')
  assert.equal(
    diffChange(update(named(objects, 'b'), label)),
    '--- a/k8s/all.yaml\n+++ b/k8s/all.yaml\n@@ -8,3 +8,5 @@\n metadata:\n   name: b # b\n   namespace: shop\n+  labels:\n+    x: z\n',
  )
  assert.equal(
    diffChange(remove(named(objects, 'b'))),
    '--- a/k8s/all.yaml\n+++ b/k8s/all.yaml\n@@ -6,5 +5,0 @@\n-apiVersion: v1\n-kind: Service\n-metadata:\n-  name: b # b\n-  namespace: shop\n',
  )
  assert.equal(diffChange(update(named(objects, 'b'), () => undefined)), '')
})

test('a new object is a diff from nothing, one from stdin a diff of its YAML', () => {
  assert.equal(
    diffChange(create(strict('shop', 's'), '# why\nkind: X\n')),
    '--- /dev/null\n+++ b/shop/peerauthentication-s.yaml\n@@ -0,0 +1,2 @@\n+# why\n+kind: X\n',
  )
  const {objects} = parseText(text, '-')
  assert.match(
    diffChange(update(named(objects, 'a'), label)),
    /^--- a\/shop\/service-a\.yaml\n\+\+\+ b\/shop\/service-a\.yaml\n@@ .*\n(?: .*\n)*\+ {2}labels:\n\+ {4}x: z\n$/,
  )
  assert.match(
    diffChange(remove(named(objects, 'a'))),
    /^--- a\/shop\/service-a\.yaml\n\+\+\+ \/dev\/null\n@@ .*\n(?:-.*\n)+$/,
  )
})

test('the values of a Secret are not shown', () => {
  const {objects} = parseText(
    '{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: hunter2}}',
    'a.yaml',
  )
  for (const change of [create(objects[0]!.value), update(objects[0]!, label), remove(objects[0]!)])
    assert.doesNotMatch(diffChange(change), /hunter2/)
})

test('files that come and go', () => {
  assert.equal(diffFile('a.yaml', null, 'x\n'), '--- /dev/null\n+++ b/a.yaml\n@@ -0,0 +1,1 @@\n+x\n')
  assert.equal(diffFile('a.yaml', 'x\n', null), '--- a/a.yaml\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n')
})
