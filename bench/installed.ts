import {cp, mkdir, symlink} from 'node:fs/promises'
import {join} from 'node:path'
import {spawnSync} from 'node:child_process'

const root = join(import.meta.dirname, '..')

/** meshctl as a user has it, built and without its sources; gives the path of its program. */
export async function installInto(folder: string): Promise<string> {
  for (const part of ['bin', 'schemas', 'templates', 'package.json'])
    await cp(join(root, part), join(folder, part), {recursive: true})
  await mkdir(join(folder, 'dist'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const build = [join(root, 'scripts/build.ts'), join(folder, 'dist')]
  if (spawnSync(process.execPath, build, {stdio: 'inherit'}).status !== 0)
    throw new Error('meshctl cannot be built: npm run build says why')
  return join(folder, 'bin/meshctl.js')
}
