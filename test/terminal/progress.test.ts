import assert from 'node:assert/strict'
import {it} from 'node:test'

import {plainProgress} from '../../src/terminal/progress.ts'
import {plain} from '../../src/terminal/style.ts'

it('tells each step once, when it ends or the next one starts', async () => {
  const lines: string[] = []
  const progress = plainProgress(text => lines.push(text), plain)
  progress.start('one')
  progress.detail('not shown')
  progress.start('two')
  progress.done('two is done')
  progress.done('nothing is under way')
  progress.start('three')
  progress.fail()
  progress.start('four')
  await progress.end()
  assert.deepEqual(lines, ['ok one\n', 'ok two is done\n', 'fail three\n', 'ok four\n'])
})
