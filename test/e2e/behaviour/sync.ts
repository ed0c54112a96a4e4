import {setTimeout as sleep} from 'node:timers/promises'
import {record, records, text} from '../../../src/objects/json.ts'
import type {Json, JsonObject} from '../../../src/objects/object.ts'
import type {Cluster} from '../../testbed/cluster/cluster.ts'
import type {PodFacts} from '../../testbed/use/pods.ts'
import type {PortForward} from '../../testbed/use/port-forward.ts'
import type {ProxySync} from '../../testbed/use/sync.ts'
import {waitFor} from '../../testbed/wait.ts'
import {nameOf} from './objects.ts'

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

  /** Waits until istiod reckons with these objects and no more with those that have gone. */
  async waitForObjects(applied: readonly JsonObject[], gone: readonly JsonObject[]): Promise<void> {
    const ofIstio = applied.filter(object => text(object['apiVersion'])?.includes('.istio.io/') === true)
    await waitFor(
      'istiod to know the objects',
      async () => {
        const known = new Map(records(await this.#debug('configz')).map(one => [nameOf(one), versionOf(one)]))
        const current = ofIstio.every(object => known.get(nameOf(object)) === versionOf(object))
        return current && !gone.some(object => known.has(nameOf(object))) ? true : undefined
      },
      {timeoutMs: 30_000, everyMs: 50},
    )
  }

  /** The answer has to be the same twice, as istiod gathers changes for a moment before it sends them. */
  async waitForProxies(pods: readonly PodFacts[]): Promise<void> {
    const wanted = pods.filter(pod => pod.meshed).map(pod => `${pod.name}.${pod.namespace}`)
    let before = ''
    await waitFor(
      'all proxies to have what istiod sent',
      async () => {
        await sleep(settleMs)
        const proxies = (await this.#debug('syncz')) as unknown as readonly ProxySync[]
        const now = JSON.stringify(proxies)
        const settled = now === before && wanted.every(name => isInSync(proxies, name))
        before = now
        return settled ? true : undefined
      },
      {timeoutMs: 30_000, everyMs: 0},
    )
  }

  close(): Promise<void> {
    return this.#forward.close()
  }

  async #debug(page: string): Promise<Json> {
    const answer = await fetch(`http://127.0.0.1:${this.#forward.port}/debug/${page}`)
    return (await answer.json()) as Json
  }
}

/** What changes when somebody writes an object, and not when istiod writes what it makes of it into the status. */
function versionOf(object: JsonObject): string {
  const {uid, generation} = record(object['metadata'])
  return JSON.stringify([uid, generation])
}

function isInSync(proxies: readonly ProxySync[], name: string): boolean {
  const found = proxies.find(({proxy}) => proxy === name)
  return (
    found !== undefined &&
    Object.values(found.resources).every(({sent, acked, lastError}) => sent === acked && !lastError)
  )
}
