import {existsSync} from 'node:fs'
import {readdir, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import {say} from '../progress.ts'
import {waitFor} from '../wait.ts'
import {kill} from './process.ts'
import {forgetState, isLeftOver, readStates} from './state.ts'
import type {ClusterState} from './state.ts'

const cgroupRoot = '/sys/fs/cgroup'

/** The control group that all containers of a cluster are under. */
export function cgroupOf(name: string): string {
  return `/meshctl-testbed-${name}`
}

/**
 * Ends a cluster. Its processes, containers, mounts, links and iptables all live in namespaces that
 * end with the process that holds them; control groups and files are all that is left to remove.
 */
export async function endCluster(state: ClusterState): Promise<void> {
  for (const identity of state.processes) await kill(identity)
  await removeCgroups(state.name)
  await forgetState(state.name)
}

/** Ends every cluster whose owner crashed or was killed before it could. */
export async function endLeftOvers(): Promise<string[]> {
  const leftOver = (await readStates()).filter(isLeftOver)
  for (const state of leftOver) {
    say(`cluster ${state.name} was left over by an earlier run: removing it`)
    await endCluster(state)
  }
  return leftOver.map(state => state.name)
}

async function removeCgroups(name: string): Promise<void> {
  const controllers = await readdir(cgroupRoot).catch(() => [])
  const folders = [cgroupRoot, ...controllers.map(controller => join(cgroupRoot, controller))]
    .map(folder => join(folder, cgroupOf(name)))
    .filter(folder => existsSync(folder))
  for (const folder of folders) {
    // A group is busy for a moment after its last process was killed.
    await waitFor(`control group ${folder} to be empty`, async () => {
      await removeTree(folder)
      return true
    })
  }
}

/** Only rmdir works on control groups, children first. */
async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, {withFileTypes: true})
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name))
  await rmdir(folder)
}
