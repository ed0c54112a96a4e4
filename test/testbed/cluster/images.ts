import {imageArchive} from '../images/image.ts'
import type {Part} from '../parts/part.ts'
import {waitFor} from '../wait.ts'
import type {ClusterSite} from './control-plane.ts'
import {runInside} from './namespaces.ts'
import {containerdSocket} from './node.ts'

/** Gives the node the images that its pods need, one at a time as each uses the whole disk. */
export async function importImages(site: ClusterSite, images: Part[]): Promise<void> {
  for (const image of images) await importArchive(site, imageArchive(image))
}

/** Gives the node an image from an archive as `docker save` writes it. */
export async function importArchive(site: ClusterSite, archive: string): Promise<void> {
  await ctr(site, ['images', 'import', '--snapshotter', 'overlayfs', archive])
}

export async function waitForContainerd(site: ClusterSite): Promise<void> {
  await waitFor('containerd', async () => {
    await ctr(site, ['version'])
    return true
  })
}

function ctr({namespaces}: ClusterSite, args: string[]): Promise<string> {
  return runInside(namespaces, ['ctr', '-a', containerdSocket, '-n', 'k8s.io', ...args])
}
