import {existsSync} from 'node:fs'
import {chmod, cp, mkdir, symlink, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {run} from '../run.ts'

/** Starts the root folder of an image with the few files that every program looks for. */
export async function startRoot(root: string): Promise<void> {
  for (const folder of ['bin', 'sbin', 'etc', 'tmp', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'var/lib']) {
    await mkdir(join(root, folder), {recursive: true})
  }
  await chmod(join(root, 'tmp'), 0o1777)
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nistio-proxy:x:1337:1337::/:/bin/sh\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nistio-proxy:x:1337:\n')
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
}

/** Copies a program into an image, and the libraries that it is linked to. */
export async function addProgram(root: string, program: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, target)), {recursive: true})
  await cp(program, join(root, target), {dereference: true})
  await chmod(join(root, target), 0o755)
  await addFiles(root, await librariesOf(program))
}

/** Copies files of this machine to the same place in an image. */
export async function addFiles(root: string, files: string[]): Promise<void> {
  if (files.length > 0) await run(['cp', '--dereference', '--recursive', '--parents', ...files, root])
}

/** Adds busybox under all the names that it answers to. */
export async function addBusybox(root: string): Promise<void> {
  await addProgram(root, '/bin/busybox', '/bin/busybox')
  const names = (await run(['/bin/busybox', '--list'])).split('\n')
  for (const name of names) await addLink(root, `/bin/${name}`, 'busybox')
}

/** Adds a symbolic link beside its target, unless the name is taken. */
export async function addLink(root: string, link: string, target: string): Promise<void> {
  if (basename(link) === target || existsSync(join(root, link))) return
  await symlink(target, join(root, link))
}

async function librariesOf(program: string): Promise<string[]> {
  // A static program makes ldd fail, which says that there is nothing to add.
  const lines = await run(['ldd', program]).catch(() => '')
  return [...lines.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
}
