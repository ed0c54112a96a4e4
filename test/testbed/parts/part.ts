import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {mkdir, readdir, rename, rm} from 'node:fs/promises'
import {join} from 'node:path'
import {cacheDirectory} from '../paths.ts'
import {say} from '../progress.ts'
import {withLock} from './lock.ts'

/** Something that is built or downloaded once and kept: the key changes when its pins do. */
export interface Part {
  name: string
  what: string
  key: string
  minutes: number
  megabytes: number
  /** Whether older ones are removed when a new one is made; not so where they took long to build. */
  replaces?: boolean
  build: (into: string) => Promise<void>
}

/** A short key of everything that a part is made from. */
export function keyOf(...inputs: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(input).update('\0')
  return hash.digest('hex').slice(0, 12)
}

/** The folder that a part is kept in; it exists only when the part is whole. */
export function partDirectory(part: Part): string {
  return join(cacheDirectory(), `${part.name}-${part.key}`)
}

export function isBuilt(part: Part): boolean {
  return existsSync(partDirectory(part))
}

/** Says before anything is built what will be, how long it takes and what it needs on disk. */
export function announceParts(parts: Part[]): void {
  const missing = parts.filter(part => !isBuilt(part))
  if (missing.length === 0) return
  const minutes = missing.reduce((sum, part) => sum + part.minutes, 0)
  const megabytes = missing.reduce((sum, part) => sum + part.megabytes, 0)
  say(
    `to be built once and kept in ${cacheDirectory()} (about ${time(minutes)}, ${space(megabytes)} of disk):`,
  )
  for (const part of missing) say(`  ${part.what} (about ${time(part.minutes)}, ${space(part.megabytes)})`)
}

/** Builds what is missing, one after another, as each of them uses every core. */
export async function ensureParts(parts: Part[], {announced = false} = {}): Promise<void> {
  if (!announced) announceParts(parts)
  for (const part of parts) await ensurePart(part)
}

async function ensurePart(part: Part): Promise<void> {
  if (isBuilt(part)) return
  await mkdir(cacheDirectory(), {recursive: true})
  await withLock(join(cacheDirectory(), `${part.name}.lock`), async () => {
    if (isBuilt(part)) return
    say(`${part.what}: about ${time(part.minutes)}`)
    const begin = Date.now()
    const unfinished = `${partDirectory(part)}.unfinished`
    await rm(unfinished, {recursive: true, force: true})
    await mkdir(unfinished, {recursive: true})
    await part.build(unfinished)
    await rename(unfinished, partDirectory(part))
    if (part.replaces) await removeOlder(part)
    say(`${part.what}: done in ${Math.round((Date.now() - begin) / 1000)} s`)
  })
}

async function removeOlder(part: Part): Promise<void> {
  const others = (await readdir(cacheDirectory())).filter(entry => {
    const key = entry.startsWith(`${part.name}-`) ? entry.slice(part.name.length + 1) : part.key
    return key !== part.key && /^[0-9a-f]{12}$/.test(key)
  })
  for (const entry of others) await rm(join(cacheDirectory(), entry), {recursive: true})
}

/** Fails unless a file is byte for byte the one that was pinned. */
export function checkSum(file: string, sha256: string): void {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex')
  if (found !== sha256) throw new Error(`${file} has sha256 ${found}, but pins.json wants ${sha256}`)
}

function time(minutes: number): string {
  return minutes < 1 ? `${Math.ceil(minutes * 60)} s` : `${Math.round(minutes)} min`
}

function space(megabytes: number): string {
  return megabytes < 1000 ? `${megabytes} MB` : `${(megabytes / 1000).toFixed(1)} GB`
}
