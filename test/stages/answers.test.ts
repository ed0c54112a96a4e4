import assert from 'node:assert/strict'
import test from 'node:test'
import {count, duration, percent, settle, yesNo} from '../../src/stages/answers.ts'

const sampling = percent({flag: 'sampling', ask: '?', default: 1})
const timeout = duration({flag: 'timeout', ask: '?', default: '15s'})
const errors = count({flag: 'errors', ask: '?', default: 5})

test('per cents', () => {
  assert.equal(sampling.parse('0.5'), 0.5)
  assert.equal(sampling.parse('50%'), 50)
  for (const bad of ['0', '101', '-1', '1e3', 'NaN', ''])
    assert.throws(() => sampling.parse(bad), {message: /--sampling takes/}, bad)
})

test('durations, as Istio reads and accepts them', () => {
  assert.equal(timeout.parse('1m30s'), '1m30s')
  for (const bad of ['0s', '-1s', '15', '100us', '1d', ''])
    assert.throws(() => timeout.parse(bad), {message: /--timeout takes/}, bad)
})

test('counts', () => {
  assert.equal(errors.parse('3'), 3)
  for (const bad of ['0', '1.5', '-2', '99999999999'])
    assert.throws(() => errors.parse(bad), {message: /--errors takes/}, bad)
})

test('yes and no', () => {
  const answer = yesNo({flag: 'pin', ask: '?', default: false})
  assert.equal(answer.parse('yes'), true)
  assert.equal(answer.parse('false'), false)
})

test('what is not given takes its default, and nothing comes from the prototype', () => {
  const declared = {timeout, constructor: errors}
  assert.deepEqual(settle(declared, {}), {timeout: '15s', constructor: 5})
  assert.deepEqual(settle(declared, {timeout: '3s'}), {timeout: '3s', constructor: 5})
  assert.deepEqual(settle(declared, undefined), {timeout: '15s', constructor: 5})
})
