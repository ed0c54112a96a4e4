import assert from 'node:assert/strict'
import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, it} from 'node:test'

import {runShell, workspace} from '../cli/run-cli.ts'
import {keys, openTerminal} from './session.ts'
import type {Session} from './session.ts'

/** The questions of the wizard on the safest step, in order, with the key that goes on from each. */
const questions = [
  {asks: 'Which step?', next: keys.enter},
  {asks: /refuse to send plaintext/, next: keys.enter},
  {asks: /Write (this|these) .*into files\?/, next: 'y\r'},
  {asks: 'Into which directory?', next: '\r'},
] as const

describe('the wizard in a real terminal', {concurrency: 1}, () => {
  it('goes from the safest step to written files, and prints the command that does the same', async () => {
    await inTerminal(['adopt', '--from', 'bookinfo'], async (session, dir) => {
      for (const {asks, next} of questions) {
        await session.shows(asks)
        session.type(next)
      }
      assert.equal(await session.ended(), 0)
      const text = session.text()
      assert.match(text, /What if: /)
      assert.match(text, /no call that works today would fail/)
      const [, command = ''] =
        /Same again, without questions:\s+(meshctl adopt .*--write out)/.exec(text) ?? []
      assert.notEqual(command, '', text)
      const before = await readdir(join(dir, 'out'), {recursive: true})
      assert.ok(before.some(file => file.endsWith('.yaml')))
      const again = await workspace({bookinfo: true})
      const {status, stderr} = await runShell(command, {cwd: again.dir})
      assert.equal(status, 0, stderr)
      assert.deepEqual(await manifestsIn(join(again.dir, 'out')), await manifestsIn(join(dir, 'out')))
      await again.remove()
    })
  })

  it('changes nothing without consent', async () => {
    await inTerminal(['adopt', '--from', 'bookinfo'], async (session, dir) => {
      for (const {asks, next} of questions.slice(0, 2)) {
        await session.shows(asks)
        session.type(next)
      }
      await session.shows(/into files\?/)
      session.type('n\r')
      assert.equal(await session.ended(), 5)
      assert.match(session.text(), /Nothing was changed\./)
      assert.deepEqual(await readdir(dir), ['bookinfo'])
    })
  })

  for (const [index, {asks}] of questions.entries()) {
    it(`leaves with 130 and nothing changed on Ctrl-C at question ${index + 1}`, async () => {
      await inTerminal(['adopt', '--from', 'bookinfo'], async (session, dir) => {
        for (const earlier of questions.slice(0, index)) {
          await session.shows(earlier.asks)
          session.type(earlier.next)
        }
        await session.shows(asks)
        session.type(keys.ctrlC)
        assert.equal(await session.ended(), 130)
        assert.match(session.text(), /Nothing was changed\./)
        assert.deepEqual(await readdir(dir), ['bookinfo'])
      })
    })
  }

  it('never asks where --no-input is given', async () => {
    await inTerminal(['adopt', '--from', 'bookinfo', '--no-input'], async session => {
      assert.equal(await session.ended(), 2)
      assert.match(session.text(), /name the capability/)
    })
  })
})

async function inTerminal(
  args: readonly string[],
  play: (session: Session, dir: string) => Promise<void>,
): Promise<void> {
  const {dir, remove} = await workspace({bookinfo: true})
  const session = openTerminal(args, dir)
  try {
    await play(session, dir)
  } finally {
    session.close()
    await remove()
  }
}

async function manifestsIn(dir: string): Promise<readonly string[]> {
  const files = await readdir(dir, {recursive: true})
  return files.filter(file => file.endsWith('.yaml')).sort()
}
