import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

export interface Measured {
  readonly seconds: number
  /** Highest resident memory in MB; null where nothing here can tell. */
  readonly peakMb: number | null
  readonly status: number | null
  readonly stdout: string
}

/** Runs a Node program once; the child itself says how much memory it took at most. */
export function measureNode(args: readonly string[]): Measured {
  const report = join(tmpdir(), `peak-memory-${process.pid}`)
  const preload = ['--require', join(import.meta.dirname, 'peak-memory.cjs')]
  const measured = timed(process.execPath, [...preload, ...args], {PEAK_MEMORY_REPORT: report})
  const peakMb = existsSync(report) ? Number(readFileSync(report, 'utf8')) / 1024 : null
  rmSync(report, {force: true})
  return {...measured, peakMb}
}

/** Runs any other program, under GNU time where that is installed. */
export function measureProgram(command: string, args: readonly string[]): Measured {
  const time = '/usr/bin/time'
  if (!existsSync(time)) return timed(command, args)
  const measured = timed(time, ['-f', 'PEAK %M', command, ...args])
  const peak = /PEAK (\d+)/.exec(measured.stderr)?.[1]
  return {...measured, peakMb: peak === undefined ? null : Number(peak) / 1024}
}

function timed(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Measured & {stderr: string} {
  const start = performance.now()
  const {status, stdout, stderr} = spawnSync(command, [...args], {
    encoding: 'utf8',
    env: {...process.env, ...env},
    maxBuffer: 1024 * 1024 * 1024,
  })
  return {
    seconds: (performance.now() - start) / 1000,
    peakMb: null,
    status,
    stdout: stdout ?? '',
    stderr: stderr ?? '',
  }
}

/** The middle one of several runs, since the machine has other things to do as well. */
export function median(runs: number, once: () => Measured): Measured {
  return middle(Array.from({length: runs}, once))
}

export function middle(measured: readonly Measured[]): Measured {
  const all = [...measured].sort((a, b) => a.seconds - b.seconds)
  const found = all[Math.floor(all.length / 2)]
  if (found === undefined) throw new Error('at least one run')
  return found
}
