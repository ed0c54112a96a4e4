import {join} from 'node:path'
import type {Cluster} from '../cluster/cluster.ts'
import {repository} from '../paths.ts'

const example = join(repository, 'examples', 'bookinfo')

export interface BookinfoOptions {
  /** Whether its batch clients, which are not in the mesh, are installed too. */
  batch?: boolean
}

/** Installs the example as its README says, and waits until all of it is ready and in sync. */
export async function installBookinfo(cluster: Cluster, {batch = true}: BookinfoOptions = {}): Promise<void> {
  const parts = batch ? ['bookinfo', 'batch'] : ['bookinfo']
  for (const part of parts) {
    // The namespace first: kubectl reads a folder by name, and what needs the namespace may come before.
    await cluster.tools.kubectl(['apply', '-f', join(example, part, 'namespace.yaml')])
    await cluster.tools.kubectl(['apply', '-f', join(example, part)])
  }
  await Promise.all(parts.map(part => cluster.waitForPods(part)))
  await cluster.waitForProxies()
}
