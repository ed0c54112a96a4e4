import {execa} from 'execa'
import {join} from 'node:path'
import type {UserTools} from '../cluster/kubectl.ts'
import {execArguments} from './pods.ts'
import type {PodChoice} from './pods.ts'

export interface LoadOptions {
  from: PodChoice
  url: string
  /** Requests in each second; 20 unless told. */
  perSecond?: number
  /** The longest time that it goes on for; 60 unless told. */
  seconds?: number
  headers?: Record<string, string>
  /** Whether connections are used again. Without, every request meets the configuration as it is then. */
  keepAlive?: boolean
  /** How long an answer may be silent; 5,000 unless told. */
  timeoutMs?: number
}

/** One second of load: how many requests were sent in it, and how they ended by status or error. */
export interface LoadSecond {
  second: number
  at: string
  sent: number
  outcomes: Record<string, number>
}

export interface Load {
  /** Ends sending, waits for what is under way, and gives every second. */
  stop: () => Promise<LoadSecond[]>
  /** Gives every second when the time is over. */
  finished: Promise<LoadSecond[]>
}

/** Starts steady load from inside a pod, which ends by itself. */
export async function startLoad(tools: UserTools, {from, ...load}: LoadOptions): Promise<Load> {
  const exec = await execArguments(tools, from)
  const options = {seconds: 60, perSecond: 20, ...load}
  const child = execa(
    join(tools.commands, 'kubectl'),
    [...exec.toSpliced(1, 0, '-i'), 'node', '/testbed/load.mjs', JSON.stringify(options)],
    {env: {KUBECONFIG: tools.kubeconfig}, stdin: 'pipe', timeout: (options.seconds + 30) * 1000},
  )
  const finished = child.then(({stdout}) => readSeconds(stdout))
  finished.catch(() => undefined) // told to whoever waits for it
  const stop = () => {
    child.stdin.end()
    return finished
  }
  return {stop, finished}
}

/** The requests that did not end with a status below 500, by second. */
export function failuresBySecond(seconds: LoadSecond[]): Map<number, number> {
  const failures = seconds.map(({second, outcomes}) => {
    const failed = Object.entries(outcomes).filter(([outcome]) => !/^[1234]\d\d$/.test(outcome))
    return [second, failed.reduce((sum, [, count]) => sum + count, 0)] as const
  })
  return new Map(failures.filter(([, count]) => count > 0))
}

function readSeconds(lines: string): LoadSecond[] {
  return lines
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
}
