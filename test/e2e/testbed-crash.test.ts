import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, globSync} from 'node:fs'
import {join} from 'node:path'
import {it} from 'node:test'
import {endLeftOvers} from '../testbed/cluster/cleanup.ts'
import {clusterDirectory, readState} from '../testbed/cluster/state.ts'
import {controlGroupsOf, hostState, processesOf} from '../testbed/host.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {waitFor} from '../testbed/wait.ts'

describeOnTestbed('a cluster whose starter was killed', {timeout: 120_000}, () => {
  it('is removed at the next start, when it was just being started', () =>
    killWhen('crash-early', async () => ((await readState('crash-early'))?.processes.length ?? 0) >= 1))

  it('is removed at the next start, when its pods were running', () =>
    killWhen(
      'crash-late',
      async () => globSync(join(clusterDirectory('crash-late'), 'pod-logs/*')).length > 0,
    ))
})

async function killWhen(name: string, isTime: () => Promise<boolean>): Promise<void> {
  const before = await hostState()
  const start = join(import.meta.dirname, '..', 'testbed', 'cluster', 'start.ts')
  const program = `const {startCluster} = await import(${JSON.stringify(start)})
    await startCluster({name: ${JSON.stringify(name)}, istio: false})
    setInterval(() => {}, 1000)`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: 'inherit'})
  const ended = once(starter, 'exit')
  await waitFor(`the time to kill ${name}`, async () => ((await isTime()) ? true : undefined), {everyMs: 50})
  starter.kill('SIGKILL')
  await ended
  assert.ok(processesOf(clusterDirectory(name)).length > 0)

  assert.ok((await endLeftOvers()).includes(name))

  assert.deepEqual(processesOf(clusterDirectory(name)), [])
  assert.deepEqual(controlGroupsOf(name), [])
  assert.equal(existsSync(clusterDirectory(name)), false)
  assert.deepEqual(await hostState(), before)
}
