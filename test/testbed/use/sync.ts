import {setTimeout as sleep} from 'node:timers/promises'
import type {AskIstiod, UserTools} from '../cluster/kubectl.ts'
import {waitFor} from '../wait.ts'
import {listPods} from './pods.ts'

/** What istiod says of one proxy: for each type of configuration, what was sent and what was acknowledged. */
export interface ProxySync {
  proxy: string
  resources: Record<string, {sent?: string; acked?: string; lastError?: string}>
}

/** The state of every proxy that is connected to istiod. */
export async function proxySync(ask: AskIstiod): Promise<ProxySync[]> {
  return JSON.parse(await ask('syncz'))
}

/**
 * Waits until every meshed pod's proxy has acknowledged all that istiod sent it. istiod gathers changes
 * for a moment before it sends them, so the answer has to be the same twice, and that moment apart.
 */
export async function waitForProxies(tools: UserTools, ask: AskIstiod, timeoutMs = 30_000): Promise<void> {
  await sleep(settleMs)
  let before = ''
  await waitFor(
    'all proxies to be in sync',
    async () => {
      const [pods, proxies] = await Promise.all([listPods(tools), proxySync(ask)])
      const known = new Map(proxies.map(proxy => [proxy.proxy, proxy]))
      const behind = pods
        .filter(pod => pod.meshed && !pod.onPaper)
        .map(pod => `${pod.name}.${pod.namespace}`)
        .flatMap(name => whyBehind(name, known.get(name)))
      if (behind.length > 0) throw new Error(behind.join('\n'))
      const now = JSON.stringify(proxies)
      const settled = now === before
      before = now
      return settled ? true : undefined
    },
    {timeoutMs, everyMs: settleMs},
  )
}

const settleMs = 250

function whyBehind(name: string, sync: ProxySync | undefined): string[] {
  if (sync === undefined) return [`${name} is not connected to istiod`]
  return Object.entries(sync.resources)
    .filter(([, {sent, acked, lastError}]) => sent !== acked || lastError)
    .map(
      ([type, {lastError}]) =>
        `${name} has not acknowledged ${type}${lastError ? `: ${lastError.slice(-600)}` : ''}`,
    )
}
