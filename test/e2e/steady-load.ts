import {setTimeout as sleep} from 'node:timers/promises'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {failuresBySecond} from '../testbed/use/load.ts'
import type {Load, LoadSecond} from '../testbed/use/load.ts'
import type {PodChoice} from '../testbed/use/pods.ts'

/** A call that is made all the time, by a pod and to a URL; its name is as meshctl names the edge. */
export interface Caller {
  readonly name: string
  readonly from: PodChoice
  readonly url: string
}

export interface Tally {
  readonly sent: number
  readonly lost: number
  /** What the lost ones ended with, and when: for whoever reads a failure. */
  readonly losses: readonly string[]
}

export interface SteadyLoad {
  /** Ends it, and gives what came of each call. */
  readonly stop: () => Promise<ReadonlyMap<string, Tally>>
}

/** Every caller sends at the same rate until it is stopped; each request has a connection of its own. */
export async function steadyLoad(
  cluster: Cluster,
  callers: readonly Caller[],
  perSecond: number,
): Promise<SteadyLoad> {
  const loads = await Promise.all(
    callers.map(async ({name, from, url}): Promise<readonly [string, Load]> => [
      name,
      await cluster.startLoad({from, url, perSecond, seconds: longestSeconds}),
    ]),
  )
  await sleep(warmUpMs)
  return {
    stop: async () =>
      new Map(
        await Promise.all(loads.map(async ([name, load]) => [name, tallyOf(await load.stop())] as const)),
      ),
  }
}

const longestSeconds = 3_600
/** `kubectl exec` takes a moment; nothing may change before all callers send. */
const warmUpMs = 3_000

function tallyOf(seconds: LoadSecond[]): Tally {
  const failures = failuresBySecond(seconds)
  return {
    sent: seconds.reduce((sum, second) => sum + second.sent, 0),
    lost: [...failures.values()].reduce((sum, count) => sum + count, 0),
    losses: seconds
      .filter(({second}) => failures.has(second))
      .slice(0, 5)
      .map(({at, outcomes}) => `${at} ${JSON.stringify(outcomes)}`),
  }
}
