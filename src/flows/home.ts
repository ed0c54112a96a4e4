import {access, open, readdir} from 'node:fs/promises'
import {join} from 'node:path'

/**
 * `.` where the working directory holds manifests, else nothing. Only the files directly in it are looked at, and of
 * each the start: meshctl alone must answer at once, in a home directory too.
 */
export async function findInput(cwd: string): Promise<readonly string[]> {
  const files = await readdir(cwd).catch((): string[] => [])
  if (files.includes('meshctl.yaml') || files.some(file => /^kustomization\.ya?ml$/i.test(file))) return ['.']
  for (const file of files.filter(name => /\.ya?ml$/.test(name)).slice(0, 50)) {
    if (await looksLikeManifest(join(cwd, file))) return ['.']
  }
  return []
}

async function looksLikeManifest(file: string): Promise<boolean> {
  try {
    const handle = await open(file)
    try {
      const {buffer, bytesRead} = await handle.read(Buffer.alloc(4096), 0, 4096, 0)
      const text = buffer.toString('utf8', 0, bytesRead)
      return /^apiVersion:/m.test(text) && /^kind:/m.test(text)
    } finally {
      await handle.close()
    }
  } catch {
    return false
  }
}

/** Whether there is a cluster that could be looked at: the start must not wait for one that nobody named. */
export async function hasKubeconfig(env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  if ((env['KUBECONFIG'] ?? '') !== '') return true
  return await access(join(env['HOME'] ?? '', '.kube', 'config')).then(
    () => true,
    () => false,
  )
}
