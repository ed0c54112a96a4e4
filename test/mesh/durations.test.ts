import assert from 'node:assert/strict'
import test from 'node:test'
import {compareDurations, formatDuration, parseDuration} from '../../src/mesh/durations.ts'

const readings: readonly (readonly [string, number | null])[] = [
  ['5s', 5000],
  ['1.5s', 1500],
  ['.5s', 500],
  ['250ms', 250],
  ['1h30m', 5_400_000],
  ['1m0.5s', 60_500],
  ['100us', 0.1],
  ['0', 0],
  ['0s', 0],
  ['-2s', -2000],
  ['5', null],
  ['', null],
  ['-', null],
  ['5 s', null],
  ['s', null],
  ['5s ', null],
  ['x5s', null],
  ['5sx', null],
  ['1d', null],
]

for (const [written, expected] of readings) {
  test(`parseDuration(${JSON.stringify(written)}) is ${expected}`, () =>
    assert.equal(parseDuration(written), expected))
}

test('formatDuration is short and can be read again', () => {
  for (const [milliseconds, written] of [
    [250, '250ms'],
    [1500, '1.5s'],
    [90_000, '90s'],
    [0, '0s'],
    [0.1, '0.1ms'],
  ] as const) {
    assert.equal(formatDuration(milliseconds), written)
    assert.equal(parseDuration(written), milliseconds)
  }
})

test('compareDurations compares what is meant, and nothing else', () => {
  assert.ok((compareDurations('900ms', '1s') ?? 0) < 0)
  assert.equal(compareDurations('60s', '1m'), 0)
  assert.equal(compareDurations('soon', '1m'), null)
})
