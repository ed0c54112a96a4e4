import assert from 'node:assert/strict'
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, it} from 'node:test'

import {runCli, workspace} from './run-cli.ts'

describe('a bug of meshctl', () => {
  it('ends with 70, shows the stack and says how to report it; with --json too', async () => {
    const {dir, remove} = await workspace()
    const preload = join(dir, 'broken.mjs')
    await writeFile(preload, `Map.groupBy = () => { throw new TypeError('broken on purpose') }\n`)
    await writeFile(join(dir, 'pod.json'), '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}')
    const env = {NODE_OPTIONS: `--import=file://${preload}`}
    const text = await runCli(['status', '--from', 'pod.json'], {cwd: dir, env})
    assert.equal(text.status, 70)
    assert.equal(text.stdout, '')
    assert.match(
      text.stderr,
      /fail broken on purpose\n\nTypeError: broken on purpose\n +at [^]*try: Report it/,
    )
    const json = await runCli(['status', '--from', 'pod.json', '--json'], {cwd: dir, env})
    assert.equal(json.status, 70)
    assert.equal((JSON.parse(json.stdout) as {error: {code: string}}).error.code, 'bug')
    await remove()
  })
})
