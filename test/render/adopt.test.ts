import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {planAdoption} from '../../src/flows/adopt.ts'
import {adoptEnding, adoptText} from '../../src/render/adopt.ts'
import {plain} from '../../src/terminal/style.ts'
import {bookinfo} from '../flows/bookinfo.ts'

const request = {capability: 'mtls', stage: 'walk', targets: [], allReady: false, answers: {}} as const
const {result} = planAdoption(await bookinfo(), request)

describe('the text of adopt', () => {
  it('ends in the contrast with the shortcut', () => {
    assert.match(
      adoptText(result, plain),
      /In contrast: STRICT for the whole mesh at once would cut\n.*ratings-export.*\n.*would cut nothing\n$/,
    )
  })

  it('shows the text of the first changes, and of many more only why', () => {
    const [change] = result.changes
    assert.ok(change !== undefined)
    const changes = Array.from({length: 40}, (_, index) => ({
      ...change,
      reason: `reason ${index}`,
      diff: `+diff ${index}\n`,
    }))
    const text = adoptText({...result, changes}, plain)
    assert.match(text, /\+diff 29\n/)
    assert.doesNotMatch(text, /\+diff 30\n/)
    assert.match(text, /without their text here[^]*reason 39\n/)
  })

  it('names the first of many, and counts the rest', () => {
    const planned = Array.from({length: 40}, (_, index) => ({
      kind: 'service' as const,
      namespace: 'a',
      name: `s${index}`,
    }))
    assert.match(adoptText({...result, planned}, plain), /a\/s9 and 30 more \(40 planned/)
  })

  it('says where it was written, or that all is as it should be', () => {
    const written = {dir: 'out', ledgerId: 'an-id', files: [{path: 'out/a.yaml', action: 'create' as const}]}
    assert.equal(
      adoptEnding({...result, written}, plain),
      'ok written into out\n  create out/a.yaml\n  recorded as an-id\n',
    )
    const same = {...written, ledgerId: null, files: [{path: 'out/a.yaml', action: 'unchanged' as const}]}
    assert.equal(
      adoptEnding({...result, written: same}, plain),
      'ok nothing to write: out is as it should be\n',
    )
    assert.match(
      adoptEnding({...result, laterPhases: ['Let it hold']}, plain),
      /then, once this has arrived and holds: Let it hold/,
    )
  })

  it('has nothing to say where nothing is left', () => {
    assert.match(
      adoptText({...result, planned: [], changes: [], blocked: [], contrast: null}, plain),
      /nothing is left to do here\n$/,
    )
  })
})
