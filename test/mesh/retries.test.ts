import assert from 'node:assert/strict'
import test from 'node:test'
import {
  defaultRetries,
  knownRetryOn,
  readRetries,
  retriesTimedOutTries,
  retrySafety,
  triesFit,
  unsafeConditions,
  worstCase,
} from '../../src/mesh/retries.ts'
import type {Retries} from '../../src/mesh/outcome.ts'
import type {Json} from '../../src/objects/object.ts'

const current = {minor: '1.31', source: 'assumed'} as const
const old = {minor: '1.23', source: 'flag'} as const
const byDefault = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes']

test('the default retries twice; 503 left its conditions in 1.24', () => {
  assert.deepEqual(defaultRetries(current), {
    attempts: 2,
    retryOn: byDefault,
    perTryTimeout: null,
    source: 'default',
  })
  assert.ok(!defaultRetries({minor: '1.24', source: 'flag'}).retryOn.includes('503'))
  assert.ok(defaultRetries(old).retryOn.includes('503'))
})

const readings: readonly (readonly [string, Json | undefined, Partial<Retries> | null])[] = [
  ['none', undefined, null],
  ['a value of the wrong type', 3, null],
  ['attempts 0 turns them off', {attempts: 0, retryOn: '5xx'}, {attempts: 0, retryOn: []}],
  ['attempts below 0 turn them off', {attempts: -1}, {attempts: 0, retryOn: []}],
  ['no attempts turn them off', {retryOn: '5xx'}, {attempts: 0, retryOn: []}],
  ['retryOn unset keeps the default conditions', {attempts: 5}, {attempts: 5, retryOn: byDefault}],
  ['an empty retryOn too', {attempts: 5, retryOn: ''}, {attempts: 5, retryOn: byDefault}],
  [
    'status codes bring their condition',
    {attempts: 1, retryOn: 'gateway-error, reset,503'},
    {attempts: 1, retryOn: ['gateway-error', 'reset', '503', 'retriable-status-codes']},
  ],
  [
    'perTryTimeout is kept',
    {attempts: 1, perTryTimeout: '2s', retryOn: 'reset'},
    {attempts: 1, perTryTimeout: '2s', retryOn: ['reset']},
  ],
  [
    'a perTryTimeout of 0 is none',
    {attempts: 1, perTryTimeout: '0s', retryOn: 'reset'},
    {attempts: 1, retryOn: ['reset']},
  ],
]

for (const [title, value, expected] of readings) {
  test(`retries: ${title}`, () => {
    const read = readRetries(value, 'route', current)
    assert.deepEqual(read, expected === null ? null : {perTryTimeout: null, source: 'route', ...expected})
  })
}

test('what may repeat a request that the application has acted on', () => {
  for (const token of ['connect-failure', 'refused-stream', 'reset-before-request'])
    assert.equal(retrySafety(token), 'safe', token)
  for (const token of [
    '5xx',
    'gateway-error',
    'reset',
    'retriable-4xx',
    'retriable-headers',
    '503',
    '409',
    'internal',
  ]) {
    assert.equal(retrySafety(token), 'unsafe', token)
  }
  for (const token of ['unavailable', 'cancelled']) assert.equal(retrySafety(token), 'borderline', token)
  for (const token of ['often', '', 'constructor', '__proto__'])
    assert.equal(retrySafety(token), 'unknown', token)
  assert.ok(knownRetryOn.every(token => retrySafety(token) !== 'unknown'))
})

test('the default is not unsafe, that of 1.23 was; turned off nothing is', () => {
  assert.deepEqual(unsafeConditions(defaultRetries(current)), [])
  assert.deepEqual(unsafeConditions(defaultRetries(old)), ['503'])
  assert.deepEqual(
    unsafeConditions({attempts: 0, retryOn: ['5xx'], perTryTimeout: null, source: 'route'}),
    [],
  )
})

test('a try that ran out of time is repeated only on 5xx, gateway-error and reset', () => {
  const on = (retryOn: readonly string[]): Retries => ({
    attempts: 1,
    retryOn,
    perTryTimeout: '1s',
    source: 'route',
  })
  assert.equal(retriesTimedOutTries(on(byDefault)), false)
  for (const token of ['5xx', 'gateway-error', 'reset'])
    assert.equal(retriesTimedOutTries(on([token])), true, token)
})

test('the worst case is all tries with the longest pauses, cut by the timeout', () => {
  const retries: Retries = {attempts: 2, retryOn: ['reset'], perTryTimeout: '1s', source: 'route'}
  // Pauses of at most 25ms and 75ms.
  assert.equal(worstCase(retries, null), '3.1s')
  assert.equal(worstCase(retries, '2s'), '2s')
  assert.equal(worstCase(retries, null, '1s'), '7s')
  assert.equal(worstCase({...retries, perTryTimeout: null}, '4s'), '4s')
  assert.equal(worstCase({...retries, perTryTimeout: null}, null), null)
  assert.equal(worstCase(null, null), null)
  // The third pause is capped: 7 times the base, the fourth 10 times and not 15.
  assert.equal(worstCase({...retries, attempts: 4}, null), '5.525s')
})

test('the last try must fit into the timeout', () => {
  const retries: Retries = {attempts: 2, retryOn: ['reset'], perTryTimeout: '1s', source: 'route'}
  assert.equal(triesFit(retries, '3s'), false)
  assert.equal(triesFit(retries, '3.1s'), true)
  assert.equal(triesFit(retries, null), true)
  assert.equal(triesFit({...retries, perTryTimeout: null}, '3s'), null)
})

test('a huge number of attempts is answered at once', () => {
  assert.notEqual(
    worstCase({attempts: 2 ** 31, retryOn: [], perTryTimeout: '1s', source: 'route'}, null),
    null,
  )
})
