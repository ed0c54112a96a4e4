import assert from 'node:assert/strict'
import test from 'node:test'
import {readTimeout} from '../../src/mesh/timeouts.ts'

test('a timeout stays as written; none and zero are no limit', () => {
  assert.equal(readTimeout('2.5s'), '2.5s')
  for (const none of [undefined, null, '0s', '0', '-1s', 'soon', 5, {}])
    assert.equal(readTimeout(none), null, JSON.stringify(none))
})
