import assert from 'node:assert/strict'
import test from 'node:test'
import {without, withValue} from '../../src/stages/edit.ts'

test('a value is set at a path, what is missing is made, and the rest is the same', () => {
  const before = {spec: {http: [{route: []}], other: {a: 1}}}
  const after = withValue(before, ['spec', 'http', 0, 'timeout'], '3s')
  assert.deepEqual(after, {spec: {http: [{route: [], timeout: '3s'}], other: {a: 1}}})
  assert.deepEqual(before, {spec: {http: [{route: []}], other: {a: 1}}})
  assert.equal((after['spec'] as typeof before.spec).other, before.spec.other)
  assert.deepEqual(withValue({}, ['spec', 'mtls', 'mode'], 'STRICT'), {spec: {mtls: {mode: 'STRICT'}}})
  assert.deepEqual(withValue({spec: 'text'}, ['spec', 'a'], 1), {spec: {a: 1}})
  assert.deepEqual(withValue({list: [1]}, ['list', 7], 2), {list: [1, 2]})
})

test('a key such as __proto__ is a key', () => {
  const after = withValue(JSON.parse('{"a": {"__proto__": {"x": 1}}}'), ['a', 'b'], 2)
  assert.equal(JSON.stringify(after), '{"a":{"__proto__":{"x":1},"b":2}}')
})

test('a field is taken out, with the records that become empty by it', () => {
  assert.deepEqual(without({a: {b: {c: 1}}, d: 2}, ['a', 'b', 'c']), {d: 2})
  assert.deepEqual(without({a: {b: 1, c: 2}}, ['a', 'b']), {a: {c: 2}})
  const same = {a: {b: 1}}
  assert.equal(without(same, ['a', 'x']), same)
  assert.equal(without(same, ['x', 'y']), same)
})
