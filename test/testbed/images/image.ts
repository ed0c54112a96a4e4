import {readFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {keyOf, partDirectory} from '../parts/part.ts'
import type {Part} from '../parts/part.ts'
import {packImage} from './archive.ts'
import type {ImageConfig} from './archive.ts'
import {startRoot} from './root.ts'

export interface ImageDefinition {
  config: ImageConfig
  /** What the image's content depends on, beside the code that fills it. */
  madeOf: (string | Uint8Array)[]
  megabytes: number
  fill: (root: string) => Promise<void>
}

/** An image as a part that is made once and kept, for as long as what it is made of stays the same. */
export function defineImage({config, madeOf, megabytes, fill}: ImageDefinition): Part {
  const code = ['archive.ts', 'root.ts', 'catalogue.ts', 'istio-files.ts'].map(file =>
    readFileSync(join(import.meta.dirname, file)),
  )
  const [reference] = config.references
  const name = reference.replace(/^.*\//, '').replace(/:.*$/, '')
  return {
    name: `image-${name}`,
    what: `image ${reference}`,
    key: keyOf(JSON.stringify(config), ...madeOf, ...code),
    minutes: 0.05,
    megabytes,
    replaces: true,
    build: async into => {
      const root = join(into, 'root')
      await startRoot(root)
      await fill(root)
      await packImage(root, config, join(into, 'image.tar'))
      await rm(root, {recursive: true})
    },
  }
}

/** The archive of an image that has been made. */
export function imageArchive(image: Part): string {
  return join(partDirectory(image), 'image.tar')
}
