import {spawn} from 'node:child_process'
import {cp, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const entry = join(root, 'bin', 'meshctl.js')

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly status: number | null
}

export interface RunOptions {
  readonly cwd: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Nothing of the machine's own environment: a test must not depend on CI, LANG or a kubeconfig. */
function environment(bin: string, cwd: string): Record<string, string> {
  return {
    PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: cwd,
    LANG: 'C',
    TERM: 'dumb',
  }
}

/** A fresh directory; with `bookinfo` the example's manifests are in it. */
export async function workspace({bookinfo = false} = {}): Promise<{
  readonly dir: string
  readonly remove: () => Promise<void>
}> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-test-'))
  if (bookinfo) await copyBookinfo(join(dir, 'bookinfo'))
  return {dir, remove: () => rm(dir, {recursive: true, force: true})}
}

export async function copyBookinfo(to: string): Promise<void> {
  for (const part of ['bookinfo', 'batch', 'mesh']) {
    await cp(join(root, 'examples', 'bookinfo', part), join(to, part), {recursive: true})
  }
}

/** Runs a line of shell in which `meshctl` is the one of this checkout. */
export async function runShell(line: string, {cwd, stdin = '', env = {}}: RunOptions): Promise<Ran> {
  const bin = await mkdtemp(join(tmpdir(), 'meshctl-bin-'))
  try {
    const shim = join(bin, 'meshctl')
    await mkdir(bin, {recursive: true})
    await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`, {mode: 0o755})
    return await run('/bin/sh', ['-c', line], {cwd, stdin, env: {...environment(bin, cwd), ...env}})
  } finally {
    await rm(bin, {recursive: true, force: true})
  }
}

/** Runs meshctl itself, without a shell. */
export async function runCli(args: readonly string[], {cwd, stdin = '', env = {}}: RunOptions): Promise<Ran> {
  return await run(process.execPath, [entry, ...args], {cwd, stdin, env: {...environment(cwd, cwd), ...env}})
}

async function run(
  file: string,
  args: readonly string[],
  {cwd, stdin, env}: Required<RunOptions>,
): Promise<Ran> {
  const child = spawn(file, args, {cwd, env: {...env}, stdio: 'pipe'})
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', chunk => (stderr += chunk))
  child.stdin.on('error', () => {}) // a command that does not read its input closes it
  child.stdin.end(stdin)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return {stdout, stderr, status}
}
