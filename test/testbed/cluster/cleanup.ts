import {say} from '../progress.ts'
import {removeCgroups} from './cgroups.ts'
import {kill} from './process.ts'
import {forgetState, isLeftOver, readStates} from './state.ts'
import type {ClusterState} from './state.ts'

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
