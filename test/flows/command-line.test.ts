import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {commandLine} from '../../src/flows/command-line.ts'
import {inputWords} from '../../src/flows/input-words.ts'
import {istioMinor} from '../../src/flows/istio-version.ts'
import {runShell, workspace} from '../cli/run-cli.ts'

describe('commandLine', () => {
  it('leaves plain words as they are and quotes the others', () => {
    assert.equal(
      commandLine(['adopt', 'mtls', '--from', 'a b', '--target', "it's"]),
      `meshctl adopt mtls --from 'a b' --target 'it'\\''s'`,
    )
    assert.equal(commandLine(['explain', 'a/b:80', '']), "meshctl explain a/b:80 ''")
  })

  it('is read back by a shell as the same words', async () => {
    const words = ["a'b", '$HOME', '`id`', 'two words', '"', '\\', '*', '']
    const {dir, remove} = await workspace()
    const line = commandLine(words).replace(/^meshctl/, `printf '%s\\n'`)
    assert.equal((await runShell(line, {cwd: dir})).stdout, words.map(word => `${word}\n`).join(''))
    await remove()
  })
})

describe('inputWords', () => {
  it('gives the flags of the input again, and not those that narrow the answer', () => {
    const flags = {
      from: ['a', 'b'],
      complete: true,
      config: 'c.yaml',
      'istio-version': '1.30',
      namespace: ['x'],
    }
    assert.deepEqual(inputWords(flags), [
      '--from',
      'a',
      '--from',
      'b',
      '--complete',
      '--config',
      'c.yaml',
      '--istio-version',
      '1.30',
    ])
  })
})

describe('istioMinor', () => {
  for (const [given, expected] of [
    ['1.30', '1.30'],
    ['v1.30.2', '1.30'],
    ['1.31.0-rc.1', '1.31'],
  ] as const) {
    it(`${given} is ${expected}`, () => assert.equal(istioMinor(given), expected))
  }
  for (const given of ['', '2', 'latest', '1.x', '1.30; rm']) {
    it(`${given || '(nothing)'} is no version`, () =>
      assert.throws(() => istioMinor(given), {code: 'invalid-value'}))
  }
})
