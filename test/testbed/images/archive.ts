import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {mkdir, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'
import {run} from '../run.ts'

export interface ImageConfig {
  /** The names that a pod can ask for it by; the first is its own. */
  references: [string, ...string[]]
  entrypoint?: string[]
  command?: string[]
  user?: string
  workingDirectory?: string
}

const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Packs a folder as an image of one layer, in the form that `docker save` writes. */
export async function packImage(root: string, config: ImageConfig, archive: string): Promise<void> {
  const parts = `${archive}.parts`
  await mkdir(parts, {recursive: true})
  const layer = join(parts, 'layer.tar')
  await run(['tar', ...reproducibly, '-C', root, '-cf', layer, '.'])
  const digest = await sha256(layer)
  const description = JSON.stringify(describeImage(config, digest))
  const id = createHash('sha256').update(description).digest('hex')
  await writeFile(join(parts, `${id}.json`), description)
  await rename(layer, join(parts, `${digest}.tar`))
  const manifest = [{Config: `${id}.json`, RepoTags: config.references, Layers: [`${digest}.tar`]}]
  await writeFile(join(parts, 'manifest.json'), JSON.stringify(manifest))
  await run([
    'tar',
    ...reproducibly,
    '-C',
    parts,
    '-cf',
    archive,
    'manifest.json',
    `${id}.json`,
    `${digest}.tar`,
  ])
  await rm(parts, {recursive: true})
}

const reproducibly = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']

function describeImage(config: ImageConfig, layerDigest: string): object {
  return {
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: [searchPath],
      ...(config.entrypoint === undefined ? {} : {Entrypoint: config.entrypoint}),
      ...(config.command === undefined ? {} : {Cmd: config.command}),
      ...(config.user === undefined ? {} : {User: config.user}),
      ...(config.workingDirectory === undefined ? {} : {WorkingDir: config.workingDirectory}),
    },
    rootfs: {type: 'layers', diff_ids: [`sha256:${layerDigest}`]},
    history: [],
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
