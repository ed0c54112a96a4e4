import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {closest, didYouMean, unknownName} from '../../src/cli/suggest.ts'

describe('closest', () => {
  const options = ['status', 'adopt', 'vet', 'explain', 'run', 'mtls']
  const table: readonly (readonly [string, string | null])[] = [
    ['statsu', 'status'],
    ['mtsl', 'mtls'],
    ['mxyl', null],
    ['mtl', 'mtls'],
    ['rn', 'run'],
    ['EXPLAIN', 'explain'],
    ['explian', 'explain'],
    ['zebra', null],
    ['', null],
  ]
  for (const [word, expected] of table) {
    it(`${word || '(nothing)'} is ${expected ?? 'nothing that is known'}`, () =>
      assert.equal(closest(word, options), expected))
  }

  it('takes the nearest of several', () =>
    assert.equal(closest('ratings-v1', ['ratings-v234', 'ratings-v1x', 'ratings-v99']), 'ratings-v1x'))
  it('ends a sentence', () => {
    assert.equal(didYouMean('statsu', options), '. Did you mean status?')
    assert.equal(didYouMean('zebra', options), '.')
  })
})

describe('unknownName', () => {
  it('lists what there is, the nearest first where it is much', () => {
    const many = Array.from({length: 40}, (_, index) => `service-${index}`)
    const error = unknownName('service', 'service-7x', many, ['meshctl status'])
    assert.equal(error.code, 'unknown-name')
    assert.equal(error.details.validOptions?.length, 12)
    assert.equal(error.details.validOptions[0], 'service-7')
    assert.match(error.message, /Did you mean service-7\?/)
  })
})
