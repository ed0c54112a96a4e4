import assert from 'node:assert/strict'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, it} from 'node:test'

import {flagsOf} from '../../src/cli/help.ts'
import {commands} from '../../src/commands/registry.ts'
import {runShell, workspace} from '../cli/run-cli.ts'

const loaded = await Promise.all(
  Object.entries(commands).map(async ([id, load]) => ({id, command: await load()})),
)
const shown = loaded.filter(({id}) => id !== '')

/** The file that some examples speak of. */
const strict = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`

describe('help', () => {
  for (const {id, command} of shown) {
    it(`${id} starts with a verb, fits its line and has two examples`, () => {
      assert.match(command.summary ?? '', /^[A-Z][a-z]+ .*[^.]$/)
      assert.ok((command.summary ?? '').length <= 60, `${command.summary} is longer than 60`)
      assert.ok(command.examples.length >= 2)
      for (const {command: line} of command.examples) assert.match(line, new RegExp(`meshctl ${id}\\b`))
    })
    it(`${id} says what each flag is for`, () => {
      for (const flag of flagsOf(command)) assert.notEqual(flag.summary, '', `--${flag.name}`)
    })
  }
})

describe('examples', {concurrency: 2}, () => {
  for (const {id, command} of shown) {
    for (const {command: line, exit = 0} of command.examples) {
      it(line, async () => {
        const {dir, remove} = await workspace({bookinfo: true})
        await writeFile(join(dir, 'strict.yaml'), strict)
        await mkdir(join(dir, 'out'))
        const {status, stdout, stderr} = await runShell(line, {cwd: dir})
        assert.equal(status, exit, `${id}: ${stderr}${stdout}`)
        assert.notEqual(exit > 1 ? stderr : stdout, '')
        await remove()
      })
    }
  }
})
