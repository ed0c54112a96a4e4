import {closeSync, mkdirSync, openSync} from 'node:fs'
import {dirname} from 'node:path'
import {spawn} from 'node:child_process'
import {execa} from 'execa'

export interface RunOptions {
  input?: string
  env?: Record<string, string>
  cwd?: string
  timeoutMs?: number
}

/** Runs a command to its end and gives its stdout; a failure carries the command and its stderr. */
export async function run(command: string[], options: RunOptions = {}): Promise<string> {
  const {stdout} = await execa(command[0] ?? '', command.slice(1), {
    env: options.env ?? {},
    maxBuffer: 256 * 1024 * 1024,
    ...(options.input === undefined ? {stdin: 'ignore'} : {input: options.input}),
    ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
    ...(options.timeoutMs === undefined ? {} : {timeout: options.timeoutMs}),
  })
  return stdout
}

export interface DaemonOptions {
  log: string
  env?: Record<string, string>
  cwd?: string
}

/** Starts a process that outlives this one, with its output in a file, and gives its process id. */
export function startDaemon(command: string[], options: DaemonOptions): number {
  mkdirSync(dirname(options.log), {recursive: true})
  const log = openSync(options.log, 'a')
  const child = spawn(command[0] ?? '', command.slice(1), {
    detached: true,
    stdio: ['ignore', log, log],
    env: {...process.env, ...options.env},
    ...(options.cwd === undefined ? {} : {cwd: options.cwd}),
  })
  closeSync(log)
  child.unref()
  child.on('error', () => undefined) // a command that is missing shows as a daemon without a pid
  if (child.pid === undefined) throw new Error(`could not start ${command.join(' ')}`)
  return child.pid
}
