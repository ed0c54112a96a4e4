import {imageArchive} from '../images/image.ts'
import type {Part} from '../parts/part.ts'
import {waitFor} from '../wait.ts'
import {runInside} from './namespaces.ts'
import type {Namespaces} from './namespaces.ts'
import {containerdSocket} from './node.ts'

/** Gives the node the images that its pods need, one at a time as each uses the whole disk. */
export async function importImages(namespaces: Namespaces, images: Part[]): Promise<void> {
  for (const image of images) await importArchive(namespaces, imageArchive(image))
}

/** Gives the node an image from an archive as `docker save` writes it. */
export async function importArchive(namespaces: Namespaces, archive: string): Promise<void> {
  await ctr(namespaces, ['images', 'import', '--snapshotter', 'overlayfs', archive])
}

export async function waitForContainerd(namespaces: Namespaces): Promise<void> {
  await waitFor('containerd', async () => {
    await ctr(namespaces, ['version'])
    return true
  })
}

function ctr(namespaces: Namespaces, args: string[]): Promise<string> {
  return runInside(namespaces, ['ctr', '-a', containerdSocket, '-n', 'k8s.io', ...args])
}
