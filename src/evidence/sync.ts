import {setTimeout as sleep} from 'node:timers/promises'
import type {Connection} from '../cluster/connect.ts'
import {askPod} from '../cluster/forward.ts'
import {record, records, text} from '../objects/json.ts'
import type {Json, KubeObject} from '../objects/object.ts'

/** What istiod says of one proxy's configuration. */
export interface ProxySync {
  /** `pod.namespace` */
  readonly proxy: string
  readonly synced: boolean
  /** Types of configuration that the proxy has not acknowledged, each with its error where it refused it. */
  readonly behind: readonly string[]
  /** Which configuration it has, so that two readings can be compared. */
  readonly versions: string
}

const debugPort = 8080

/** Pods of istiod that run; each knows only the proxies connected to itself. */
export function istiodPods(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects.filter(object => {
    const labels = record(record(object.value['metadata'])['labels'])
    return (
      object.id.kind === 'Pod' &&
      labels['app'] === 'istiod' &&
      record(object.value['status'])['phase'] === 'Running'
    )
  })
}

/** Asks every istiod for the state of its proxies (`/debug/syncz`), which its own loopback may without credentials. */
export async function readSync(
  connection: Connection,
  istiods: readonly KubeObject[],
): Promise<readonly ProxySync[]> {
  const answers = await Promise.all(
    istiods.map(pod =>
      askPod(connection, {
        namespace: pod.id.namespace,
        pod: pod.id.name,
        port: debugPort,
        path: '/debug/syncz',
      }),
    ),
  )
  return answers.flatMap(answer => records(JSON.parse(answer) as Json).map(readProxySync))
}

function readProxySync(entry: Readonly<Record<string, Json | undefined>>): ProxySync {
  const resources = Object.entries(record(entry['resources']))
  const behind = resources.flatMap(([type, value]) => {
    const {sent, acked, lastError} = record(value)
    if (text(lastError) !== undefined && lastError !== '') return [`${type}: ${text(lastError) ?? ''}`]
    return sent === acked ? [] : [type]
  })
  const legacy = ['cluster', 'listener', 'route', 'endpoint'].filter(
    type => entry[`${type}_sent`] !== entry[`${type}_acked`],
  )
  const all = resources.length > 0 ? behind : legacy
  return {
    proxy: text(entry['proxy']) ?? '',
    synced: all.length === 0,
    behind: all,
    versions: JSON.stringify(entry),
  }
}

export interface SettleOptions {
  /** Milliseconds in all. */
  readonly timeout: number
  /** `pod.namespace` of the proxies that matter; all connected ones where absent. */
  readonly proxies?: ReadonlySet<string>
  readonly signal?: AbortSignal
}

export type Settled = {readonly settled: true} | {readonly settled: false; readonly stuck: readonly string[]}

/** istiod gathers changes for 100 ms before it pushes, and longer while more keep coming. */
const quiet = 700

/**
 * Waits until the proxies have acknowledged all that istiod sent, and nothing more comes: two equal readings, a moment
 * apart. Names what is stuck where the time runs out.
 */
export async function waitUntilSettled(
  connection: Connection,
  istiods: readonly KubeObject[],
  options: SettleOptions,
): Promise<Settled> {
  const end = Date.now() + options.timeout
  let before = ''
  for (;;) {
    await sleep(quiet, undefined, options.signal === undefined ? {} : {signal: options.signal})
    const all = await readSync(connection, istiods)
    const concerned =
      options.proxies === undefined ? all : all.filter(one => options.proxies?.has(one.proxy) === true)
    const stuck = concerned
      .filter(one => !one.synced)
      .map(one => `${one.proxy} has not acknowledged ${one.behind.join(', ')}`)
    const now = concerned
      .map(one => one.versions)
      .sort()
      .join('\n')
    if (stuck.length === 0 && now === before) return {settled: true}
    if (Date.now() > end) return {settled: false, stuck}
    before = now
  }
}
