import assert from 'node:assert/strict'
import {existsSync} from 'node:fs'
import {after, describe, it} from 'node:test'

import {runShell, workspace} from './run-cli.ts'

const {dir, remove} = await workspace()
after(remove)

/** What bash offers for a line of which the last word is being typed. */
async function offered(words: readonly string[]): Promise<readonly string[]> {
  const line = words.map(word => `'${word}'`).join(' ')
  const script = `eval "$(meshctl completion bash)"; COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _meshctl; printf '%s\\n' "\${COMPREPLY[@]}"`
  const {stdout, stderr} = await runShell(`bash -c '${script.replaceAll("'", `'\\''`)}'`, {cwd: dir})
  assert.equal(stderr, '')
  return stdout.split('\n').filter(word => word !== '')
}

describe('completion in bash', {concurrency: 2}, () => {
  const table: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['meshctl', 'sta'], ['status']],
    [['meshctl', 'adopt', 'm'], ['mtls']],
    [['meshctl', 'adopt', 'mtls', '--sta'], ['--stage']],
    [['meshctl', 'adopt', 'mtls', '--stage', 'j'], ['jetpack']],
    [['meshctl', 'vet', 'ru'], ['rules']],
    [['meshctl', 'vet', '--fail-on', 'w'], ['warning']],
    [['meshctl', 'completion', 'p'], ['powershell']],
  ]
  for (const [words, expected] of table) {
    it(words.join(' '), async () => assert.deepEqual(await offered(words), expected))
  }
})

const fish = existsSync('/usr/bin/fish')

describe('completion in fish', {skip: fish ? false : 'fish is not installed here'}, () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['meshctl adopt m', ['mtls']],
    ['meshctl adopt mtls --stage j', ['jetpack']],
    ['meshctl completion p', ['powershell']],
    ['meshctl vet ru', ['rules']],
    ['meshctl status --from a.y', ['a.yaml']],
  ]
  for (const [line, expected] of table) {
    it(line, async () => {
      const script = `meshctl completion fish | source; complete -C '${line}'`
      const {stdout} = await runShell(`touch a.yaml pa.yaml; fish -c "${script}"`, {cwd: dir})
      assert.deepEqual(stdout.trim().split('\n'), expected)
    })
  }
})

describe('completion scripts', {concurrency: 2}, () => {
  for (const shell of ['zsh', 'fish', 'powershell']) {
    it(`${shell} knows commands, flags and their values`, async () => {
      const {stdout, status} = await runShell(`meshctl completion ${shell}`, {cwd: dir})
      assert.equal(status, 0)
      for (const word of ['snapshot', 'fail-on', 'jetpack']) assert.match(stdout, new RegExp(word))
    })
  }
})
