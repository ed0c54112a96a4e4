import {existsSync} from 'node:fs'
import {readdir, rmdir} from 'node:fs/promises'
import {join} from 'node:path'
import {waitFor} from '../wait.ts'

const cgroupRoot = '/sys/fs/cgroup'

/** The control group that a cluster has to itself; in its namespaces it looks like the root. */
export function cgroupOf(name: string): string {
  return `/meshctl-testbed-${name}`
}

/** Removes the control groups of a cluster, in whichever hierarchy. */
export async function removeCgroups(name: string): Promise<void> {
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
