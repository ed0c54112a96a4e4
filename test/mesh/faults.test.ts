import assert from 'node:assert/strict'
import test from 'node:test'
import {injects, readFaults} from '../../src/mesh/faults.ts'
import type {Json} from '../../src/objects/object.ts'

const readings: readonly (readonly [string, Json | undefined, unknown, boolean])[] = [
  ['none', undefined, null, false],
  ['an empty block', {}, null, false],
  [
    'a delay without percentage never happens',
    {delay: {fixedDelay: '2s'}},
    {delay: {fixedDelay: '2s', percentage: 0}, abort: null},
    false,
  ],
  [
    'the deprecated percent of a delay',
    {delay: {fixedDelay: '2s', percent: 40}},
    {delay: {fixedDelay: '2s', percentage: 40}, abort: null},
    true,
  ],
  [
    'percentage beats percent',
    {delay: {fixedDelay: '2s', percent: 40, percentage: {value: 0.5}}},
    {delay: {fixedDelay: '2s', percentage: 0.5}, abort: null},
    true,
  ],
  [
    'an empty percentage is never',
    {abort: {httpStatus: 503, percentage: {}}},
    {delay: null, abort: {status: '503', percentage: 0}},
    false,
  ],
  [
    'an abort without percentage never happens',
    {abort: {httpStatus: 503}},
    {delay: null, abort: {status: '503', percentage: 0}},
    false,
  ],
  [
    'an abort has no deprecated percent',
    {abort: {httpStatus: 503, percent: 40}},
    {delay: null, abort: {status: '503', percentage: 0}},
    false,
  ],
  [
    'an abort by gRPC status',
    {abort: {grpcStatus: 'UNAVAILABLE', percentage: {value: 100}}},
    {delay: null, abort: {status: 'UNAVAILABLE', percentage: 100}},
    true,
  ],
  [
    'an exponential delay is dropped',
    {delay: {exponentialDelay: '2s', percentage: {value: 100}}},
    null,
    false,
  ],
  ['an abort of another kind is dropped', {abort: {http2Error: 'x', percentage: {value: 100}}}, null, false],
  [
    'a delay that is no duration is dropped',
    {delay: {fixedDelay: 'long', percentage: {value: 100}}},
    null,
    false,
  ],
  ['wrong types everywhere', {delay: [], abort: 'x'}, null, false],
]

for (const [title, value, expected, happens] of readings) {
  test(`faults: ${title}`, () => {
    const faults = readFaults(value)
    assert.deepEqual(faults, expected)
    assert.equal(injects(faults), happens)
  })
}
