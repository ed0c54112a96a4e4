import {existsSync} from 'node:fs'
import {chmod, rm, writeFile} from 'node:fs/promises'
import {delimiter, join} from 'node:path'
import {say} from '../progress.ts'
import {pins} from '../pins.ts'
import {run} from '../run.ts'

const startPolicy = '/usr/sbin/policy-rc.d'
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** Debian's packages whose command or file is not on this machine; those of Zipkin only when it is wanted. */
export function missingPackages({tracing = false}: {tracing?: boolean} = {}): string[] {
  return Object.entries({...pins.debian, ...(tracing ? pins.debianForTracing : {})})
    .filter(([, proof]) => !isThere(proof))
    .map(([name]) => name)
}

/** Says what will be installed, or fails where that is for somebody else to do. */
export function announcePackages(missing: string[]): void {
  if (missing.length === 0) return
  const names = missing.join(' ')
  if (process.getuid?.() !== 0 || !isThere('apt-get')) {
    throw new Error(`the testbed needs these Debian packages, please install them: ${names}`)
  }
  say(`to be installed from Debian (less than a minute, at most 400 MB of disk): ${names}`)
}

/** Installs packages of Debian, without letting any of them start a service. */
export async function installPackages(missing: string[]): Promise<void> {
  if (missing.length === 0) return
  await withoutStartingServices(async () => {
    const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing]
    const env = {DEBIAN_FRONTEND: 'noninteractive'}
    await run(install, {env}).catch(async () => {
      // A list of packages from long ago names versions that are gone.
      await run(['apt-get', 'update'], {env})
      await run(install, {env})
    })
    if (missing.includes('containerd')) await disableService('containerd')
  })
}

/** Debian asks this file before it starts a service; 101 means "not allowed". */
async function withoutStartingServices(work: () => Promise<void>): Promise<void> {
  if (existsSync(startPolicy)) return work()
  await writeFile(startPolicy, '#!/bin/sh\nexit 101\n')
  await chmod(startPolicy, 0o755)
  try {
    await work()
  } finally {
    await rm(startPolicy, {force: true})
  }
}

/** The package also enables its service for the next boot; the testbed runs its own containerd. */
async function disableService(service: string): Promise<void> {
  if (isThere('systemctl')) await run(['systemctl', 'disable', service])
}

function isThere(proof: string): boolean {
  if (proof.startsWith('/')) return existsSync(proof)
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...systemDirectories]
  return directories.some(directory => existsSync(join(directory, proof)))
}
