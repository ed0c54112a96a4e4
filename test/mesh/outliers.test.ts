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

test('ejection follows 100 * ejected / endpoints <= maxEjectionPercent for every size', () => {
  for (let endpoints = 1; endpoints <= 120; endpoints++) {
    for (let percent = 0; percent <= 100; percent++) {
      let expected = 0
      while (expected < endpoints && 100 * (expected + 1) <= percent * endpoints) expected++
      assert.equal(ejectable(endpoints, percent), expected, `${endpoints} endpoints, ${percent}%`)
    }
  }
})

test('the default ejects nothing below ten endpoints, and the smallest percentage is told', () => {
  assert.equal(canEject(9, 10), false)
  assert.equal(canEject(10, 10), true)
  assert.equal(canEject(0, 100), false)
  assert.equal(percentToEject(1, 3), 34)
})

// What an Envoy of a real mesh did when all endpoints failed: [endpoints, maxEjectionPercent, ejected].
for (const [endpoints, percent, ejected] of [
  [1, 99, 0],
  [1, 100, 1],
  [2, 49, 0],
  [2, 50, 1],
  [2, 99, 1],
  [2, 100, 2],
  [3, 33, 0],
  [3, 34, 1],
  [3, 66, 1],
  [3, 67, 2],
  [7, 14, 0],
  [7, 15, 1],
  [7, 28, 1],
  [7, 29, 2],
  [7, 42, 2],
  [7, 43, 3],
  [7, 99, 6],
  [7, 100, 7],
] as const) {
  test(`as seen: of ${endpoints} endpoints ${percent} per cent eject ${ejected}`, () => {
    assert.equal(ejectable(endpoints, percent), ejected)
  })
}
