import {chmod, mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {clustersDirectory} from '../paths.ts'
import {withLock} from '../parts/lock.ts'
import type {IstioLine} from '../pins.ts'
import {identify, isAlive} from './process.ts'
import type {ProcessIdentity} from './process.ts'

/** What is written down of a cluster while it runs, so that another process can end it. */
export interface ClusterState {
  name: string
  /** Gives the cluster addresses that no other cluster of this machine has. */
  index: number
  /** The line of Istio whose commands it was started with. */
  line: IstioLine
  /** Whether pods run; without, they are on paper and istiod runs on the node. */
  pods: 'running' | 'paper'
  /** Zipkin's port on the host's loopback, where it was asked for. */
  zipkinPort?: number
  /** Whose cluster it is; when this process is gone the cluster is left over. Null: kept until `down`. */
  owner: ProcessIdentity | null
  /** Killed first to last when the cluster ends: the starter of the namespaces, their holder, forwarders. */
  processes: ProcessIdentity[]
}

export function clusterDirectory(name: string): string {
  return join(clustersDirectory, name)
}

/** Takes a name and an index for a new cluster; fails when the name is in use. */
export async function claimState(
  name: string,
  options: {line: IstioLine; keep: boolean; pods?: ClusterState['pods']},
): Promise<ClusterState> {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) throw new Error(`a cluster cannot be named "${name}"`)
  await mkdir(clustersDirectory, {recursive: true})
  await chmod(clustersDirectory, 0o700)
  return withLock(join(clustersDirectory, 'lock'), async () => {
    const states = await readStates()
    if (states.some(state => state.name === name)) throw new Error(`cluster ${name} is already running`)
    const taken = new Set(states.map(state => state.index))
    let index = 1
    while (taken.has(index)) index += 1
    const owner = options.keep ? null : identify(process.pid)
    const {line, pods = 'running'} = options
    const state: ClusterState = {name, index, line, pods, owner, processes: []}
    await mkdir(clusterDirectory(name), {recursive: true})
    await writeState(state)
    return state
  })
}

/** Written beside and renamed, so that a reader never sees half of it. */
export async function writeState(state: ClusterState): Promise<void> {
  const file = join(clusterDirectory(state.name), 'state.json')
  await writeFile(`${file}.new`, JSON.stringify(state, null, 2))
  await rename(`${file}.new`, file)
}

/** Notes a process at once when it is started, so that a crash cannot lose it. */
export async function noteProcess(state: ClusterState, pid: number): Promise<void> {
  state.processes.push(identify(pid))
  await writeState(state)
}

/** The process that holds the namespaces, by its number on the host. */
export function holderOf({name, processes}: ClusterState): number {
  const [, holder] = processes
  if (holder === undefined || !isAlive(holder)) throw new Error(`cluster ${name} is not running`)
  return holder.pid
}

export async function readStates(): Promise<ClusterState[]> {
  const names = await readdir(clustersDirectory).catch(() => [])
  const states = await Promise.all(names.map(name => readState(name)))
  return states.filter(state => state !== undefined)
}

export async function readState(name: string): Promise<ClusterState | undefined> {
  try {
    return JSON.parse(await readFile(join(clusterDirectory(name), 'state.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** Left over: its owner is gone, or it was to be kept but its namespaces are gone. */
export function isLeftOver(state: ClusterState): boolean {
  if (state.owner !== null) return !isAlive(state.owner)
  const [holder] = state.processes
  return holder === undefined || !isAlive(holder)
}

export async function forgetState(name: string): Promise<void> {
  await rm(clusterDirectory(name), {recursive: true, force: true})
}
