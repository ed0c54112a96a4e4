import {mkdir, readFile, rm, writeFile} from 'node:fs/promises'
import {setTimeout as sleep} from 'node:timers/promises'
import {identify, isAlive} from '../cluster/process.ts'

/**
 * Runs work while no other process does so under the same lock. The lock is a file with the identity
 * of its holder, so one left by a process that died is taken over.
 */
export async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await take(lock))) await sleep(200)
  try {
    return await work()
  } finally {
    await rm(lock, {force: true})
  }
}

async function take(lock: string): Promise<boolean> {
  await mkdir(lock.slice(0, lock.lastIndexOf('/')), {recursive: true})
  try {
    await writeFile(lock, JSON.stringify(identify(process.pid)), {flag: 'wx'})
    return true
  } catch {
    if (await isHeld(lock)) return false
    await rm(lock, {force: true})
    return false
  }
}

async function isHeld(lock: string): Promise<boolean> {
  try {
    return isAlive(JSON.parse(await readFile(lock, 'utf8')))
  } catch {
    // Gone meanwhile, or its holder is just writing it: ask again.
    return true
  }
}
