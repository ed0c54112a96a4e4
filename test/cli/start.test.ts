import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, it} from 'node:test'

import {entry, runCli, runShell, workspace} from './run-cli.ts'

describe('bin/meshctl.js', () => {
  it('says in one sentence that Node is too old, instead of crashing in a dependency', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'meshctl-old-'))
    const preload = join(dir, 'old.mjs')
    await writeFile(
      preload,
      `Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.19.2'}})\n`,
    )
    const {stdout, stderr, status} = await runCli(['--version'], {
      cwd: dir,
      env: {NODE_OPTIONS: `--import=file://${preload}`},
    })
    assert.equal(status, 3)
    assert.equal(stdout, '')
    assert.match(stderr, /^meshctl needs Node\.js 22\.18 or later, and this is 20\.19\.2: .*\.\n$/)
  })

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends with ${code} on ${signal}, and says that nothing was changed`, async () => {
      const {dir, remove} = await workspace()
      const child = spawn(process.execPath, [entry, 'explain', '--all', '--from', '-'], {
        cwd: dir,
        stdio: 'pipe',
      })
      let stderr = ''
      child.stderr.setEncoding('utf8').on('data', chunk => (stderr += chunk))
      child.stdin.write('kind: Pod\n') // and no end: it waits for more
      const ended = new Promise<number | null>(resolve => child.on('close', resolve))
      const again = setInterval(() => child.kill(signal), 1500) // it may not have got as far as to listen
      assert.equal(await ended, code)
      clearInterval(again)
      assert.match(stderr, /Interrupted\. Nothing was changed\./)
      await remove()
    })
  }

  it(
    'says that its answer cannot be written, in whatever form it was asked for',
    {skip: !existsSync('/dev/full')},
    async () => {
      const {dir, remove} = await workspace({bookinfo: true})
      for (const flag of ['', ' --json']) {
        const {stderr, status} = await runShell(`meshctl status --from bookinfo${flag} > /dev/full`, {
          cwd: dir,
        })
        assert.equal(status, 2)
        assert.match(stderr, /^fail What was to be said on stdout can't be written: ENOSPC.*\n  try: .*\n$/)
      }
      const {stdout, status} = await runShell('meshctl status --from nowhere 2> /dev/full', {cwd: dir})
      assert.deepEqual([stdout, status], ['', 2])
      await remove()
    },
  )

  it('goes on where its narration cannot be written', async () => {
    const {dir, remove} = await workspace({bookinfo: true})
    const full = "trap '' XFSZ; : > told; ulimit -f 0"
    const line = `${full}; meshctl adopt mtls --from bookinfo --dry-run 2> told | cat`
    const {stdout} = await runShell(line, {cwd: dir})
    assert.match(stdout, /kind: PeerAuthentication/)
    await remove()
  })

  it('ends in peace where its reader leaves', async () => {
    const {dir, remove} = await workspace({bookinfo: true})
    const line = '(meshctl explain --all --knowledge possible --json --from bookinfo; echo $? >&2) | true'
    const {stdout, stderr} = await runShell(line, {cwd: dir})
    assert.deepEqual([stdout, stderr], ['', '0\n'])
    await remove()
  })
})
