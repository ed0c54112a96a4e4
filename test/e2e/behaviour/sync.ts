import {setTimeout as sleep} from 'node:timers/promises'
import type {Cluster} from '../../testbed/cluster/cluster.ts'
import type {PodFacts} from '../../testbed/use/pods.ts'
import type {PortForward} from '../../testbed/use/port-forward.ts'
import type {ProxySync} from '../../testbed/use/sync.ts'
import {waitFor} from '../../testbed/wait.ts'

const settleMs = 200

/** istiod, asked over one connection whether the proxies have what it sent them. */
export class Istiod {
  readonly #forward: PortForward

  private constructor(forward: PortForward) {
    this.#forward = forward
  }

  static async of(cluster: Cluster): Promise<Istiod> {
    return new Istiod(
      await cluster.portForward({namespace: 'istio-system', target: 'deployment/istiod', port: 15014}),
    )
  }

  /** The answer has to be the same twice, as istiod gathers changes for a moment before it sends them. */
  async waitForProxies(pods: readonly PodFacts[]): Promise<void> {
    const wanted = pods.filter(pod => pod.meshed).map(pod => `${pod.name}.${pod.namespace}`)
    await sleep(settleMs)
    let before = ''
    await waitFor(
      'all proxies to have what istiod sent',
      async () => {
        const proxies = await this.#proxies()
        const now = JSON.stringify(proxies)
        const settled = now === before && wanted.every(name => isInSync(proxies, name))
        before = now
        return settled ? true : undefined
      },
      {timeoutMs: 30_000, everyMs: settleMs},
    )
  }

  close(): Promise<void> {
    return this.#forward.close()
  }

  async #proxies(): Promise<readonly ProxySync[]> {
    const answer = await fetch(`http://127.0.0.1:${this.#forward.port}/debug/syncz`)
    return (await answer.json()) as ProxySync[]
  }
}

function isInSync(proxies: readonly ProxySync[], name: string): boolean {
  const found = proxies.find(({proxy}) => proxy === name)
  return (
    found !== undefined &&
    Object.values(found.resources).every(({sent, acked, lastError}) => sent === acked && !lastError)
  )
}
