import assert from 'node:assert/strict'
import test from 'node:test'
import {
  canEject,
  detects,
  ejectable,
  outlierDefaults,
  percentToEject,
  readOutlierDetection,
} from '../../src/mesh/outliers.ts'
import type {Json} from '../../src/objects/object.ts'

const readings: readonly (readonly [string, Json | undefined, object | null])[] = [
  ['nothing is off', undefined, null],
  ['null is off', null, null],
  ['a value of the wrong type is off', 'yes', null],
  [
    '{} is active with the defaults (lab 42)',
    {},
    {consecutive5xxErrors: 5, maxEjectionPercent: 10, interval: '10s', baseEjectionTime: '30s'},
  ],
  [
    'consecutiveErrors is not read',
    {consecutiveErrors: 1},
    {consecutive5xxErrors: 5, consecutiveGatewayErrors: 0},
  ],
  [
    'gateway errors leave the 5xx detector on',
    {consecutiveGatewayErrors: 3},
    {consecutive5xxErrors: 5, consecutiveGatewayErrors: 3},
  ],
  ['0 turns the 5xx detector off', {consecutive5xxErrors: 0}, {consecutive5xxErrors: 0}],
  ['maxEjectionPercent 0 is not sent', {maxEjectionPercent: 0}, {maxEjectionPercent: 10}],
  [
    'values are read',
    {maxEjectionPercent: 50, interval: '5s', baseEjectionTime: '1m'},
    {maxEjectionPercent: 50, interval: '5s', baseEjectionTime: '1m'},
  ],
  [
    'values of the wrong type are absent',
    {maxEjectionPercent: '50', interval: 5},
    {maxEjectionPercent: 10, interval: '10s'},
  ],
]

for (const [title, value, expected] of readings) {
  test(`outlierDetection: ${title}`, () => {
    const read = readOutlierDetection(value)
    assert.deepEqual(read, expected === null ? null : {...outlierDefaults, ...expected})
  })
}

test('without any threshold nothing is detected', () => {
  assert.equal(detects(outlierDefaults), true)
  assert.equal(detects({...outlierDefaults, consecutive5xxErrors: 0}), false)
  assert.equal(detects({...outlierDefaults, consecutive5xxErrors: 0, consecutiveGatewayErrors: 1}), true)
})

test('ejection follows floor(100 * ejected / endpoints) <= maxEjectionPercent for every size', () => {
  for (let endpoints = 1; endpoints <= 120; endpoints++) {
    for (let percent = 0; percent <= 100; percent++) {
      let expected = 0
      while (expected < endpoints && Math.floor((100 * (expected + 1)) / endpoints) <= percent) expected++
      assert.equal(ejectable(endpoints, percent), expected, `${endpoints} endpoints, ${percent}%`)
    }
  }
})

test('the default ejects nothing below ten endpoints, and the smallest percentage is told', () => {
  assert.equal(canEject(9, 10), false)
  assert.equal(canEject(10, 10), true)
  assert.equal(canEject(0, 100), false)
  assert.equal(percentToEject(1, 3), 33)
  assert.equal(canEject(3, 33), true)
  assert.equal(canEject(3, 32), false)
})
