import assert from 'node:assert/strict'
import test from 'node:test'
import {Draft} from '../../src/stages/draft.ts'
import {withValue} from '../../src/stages/edit.ts'
import {fill} from '../../src/stages/template.ts'
import {istio, objectsOf} from './manifests.ts'

const [rule] = objectsOf(istio('DestinationRule', 'cart', 'host: cart'))
assert.ok(rule)

test('edits of one object become one change with all reasons', () => {
  const draft = new Draft()
  draft.update('phase', rule, 'one', value => withValue(value, ['spec', 'a'], 1))
  draft.update('phase', rule, 'two', value => withValue(value, ['spec', 'b'], 2))
  const {phases} = draft.finish()
  assert.equal(phases[0]?.changes.length, 1)
  const [change] = phases[0]?.changes ?? []
  assert.equal(change?.action, 'update')
  assert.equal(change.reason, 'one; two')
  assert.deepEqual(change.after['spec'], {host: 'cart', a: 1, b: 2})
  assert.equal(change.before, rule)
})

test('an edit that changes nothing is no change, and a phase without changes no phase', () => {
  const draft = new Draft()
  draft.phase('first')
  draft.update('second', rule, 'none', value => withValue(value, ['spec', 'host'], 'cart'))
  assert.deepEqual(draft.finish(), {phases: [], notes: []})
})

test('phases keep the order in which they were announced', () => {
  const draft = new Draft()
  draft.phase('first')
  draft.phase('second')
  draft.update('second', rule, 'x', value => withValue(value, ['spec', 'x'], 1))
  draft.create(
    'first',
    fill('mtls/walk/destination-rule.yaml', {name: 'a', namespace: 'b', host: 'c'}),
    'made',
  )
  draft.create(
    'first',
    fill('mtls/walk/destination-rule.yaml', {name: 'a', namespace: 'b', host: 'c'}),
    'for both',
  )
  const {phases} = draft.finish()
  assert.deepEqual(
    phases.map(({title, changes}) => [title, changes.map(({reason}) => reason)]),
    [
      ['first', ['made; for both']],
      ['second', ['x']],
    ],
  )
})

test('a note is said once', () => {
  const draft = new Draft()
  for (let i = 0; i < 2; i++) draft.note({title: 'a', text: 'b', content: null})
  assert.equal(draft.finish().notes.length, 1)
})
