import assert from 'node:assert/strict'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {execa} from 'execa'

const root = join(import.meta.dirname, '../..')

// What CI runs is `npm test`: so that is where the checks belong too. Who imports whom has a test of its own.
describe('npm run check', {concurrency: 2}, () => {
  for (const name of ['types', 'eslint', 'prettier', 'unused', 'generated']) {
    test(name, async () => {
      const {exitCode, all} = await execa('node', ['scripts/check.ts', name], {
        cwd: root,
        preferLocal: true,
        reject: false,
        all: true,
      })
      assert.equal(exitCode, 0, all)
    })
  }

  test('knows no check that is not run here', async () => {
    const {stderr} = await execa('node', ['scripts/check.ts', 'no-such-check'], {
      cwd: root,
      preferLocal: true,
      reject: false,
    })
    assert.equal(stderr, 'there are the checks types, eslint, prettier, imports, unused, generated')
  })
})
