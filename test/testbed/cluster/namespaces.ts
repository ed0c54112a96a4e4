import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {run, startDaemon} from '../run.ts'
import {waitFor} from '../wait.ts'
import type {Addresses} from './addresses.ts'
import {cgroupOf} from './cgroups.ts'
import {clusterDirectory, noteProcess} from './state.ts'
import type {ClusterState} from './state.ts'

/**
 * The namespaces of one node: network, mounts, processes, host name, IPC and control
 * groups. All hang on one process,
 * process 1 inside; when it is killed the kernel ends all others with it and frees everything.
 */
export interface Namespaces {
  /** Process 1, by its number on the host. */
  holder: number
}

/** Makes the namespaces of a cluster's node, with networking and private folders set up. */
export async function createNamespaces(state: ClusterState, addresses: Addresses): Promise<Namespaces> {
  const directory = clusterDirectory(state.name)
  const script = join(import.meta.dirname, 'namespaces.sh')
  const holderFile = join(directory, 'holder.pid')
  const {node, services} = addresses
  const unshare = startDaemon(
    ['bash', script, state.name, node, services, cgroupOf(state.name), holderFile],
    {log: join(directory, 'logs', 'namespaces.log')},
  )
  await noteProcess(state, unshare)
  const holder = await waitFor(
    'the namespaces of the node',
    async () => Number(await readFile(holderFile, 'utf8')) || undefined,
    {timeoutMs: 10_000, everyMs: 20},
  )
  await noteProcess(state, holder)
  return {holder}
}

/** A command line that runs inside of the node. */
export function inside({holder}: Namespaces, command: string[]): string[] {
  return ['nsenter', '-t', String(holder), '-m', '-n', '-p', '-u', '-i', '-C', '--', ...command]
}

export function runInside(namespaces: Namespaces, command: string[]): Promise<string> {
  return run(inside(namespaces, command))
}
