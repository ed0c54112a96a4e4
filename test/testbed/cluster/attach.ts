import {join} from 'node:path'
import {kubernetesAndIstio} from '../parts/go.ts'
import {partDirectory} from '../parts/part.ts'
import {clusterOf} from './cluster.ts'
import type {Cluster} from './cluster.ts'
import {userTools} from './kubectl.ts'
import {clusterDirectory, readState} from './state.ts'

/** A cluster that another process started, by its name. */
export async function attachCluster(name: string): Promise<Cluster> {
  const state = await readState(name)
  if (state === undefined) throw new Error(`no cluster ${name} is running`)
  const commands = partDirectory(kubernetesAndIstio(state.line))
  return clusterOf(state, userTools(commands, join(clusterDirectory(name), 'kubeconfig')))
}
