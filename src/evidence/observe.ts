import {setTimeout as sleep} from 'node:timers/promises'
import pLimit from 'p-limit'

import {ApiError} from '../cluster/api.ts'
import type {Api} from '../cluster/api.ts'
import type {Mesh, Workload} from '../mesh/mesh.ts'
import type {Json, KubeObject} from '../objects/object.ts'
import {addressesOf} from './addresses.ts'
import {askAdmin, proxiedPods} from './gather.ts'
import {added, requestsSent, requestsTaken} from './inbound-counters.ts'
import {inboundLog, istioLine} from './inbound-log.ts'
import type {InboundLog} from './inbound-log.ts'
import {countCalls} from './logged-calls.ts'
import type {LoggedCalls} from './logged-calls.ts'
import {readProxyLog} from './pod-log.ts'

/** A pod of a server, with what its proxy writes of the calls that it takes; null where that could not be read. */
export interface ServerProxy {
  readonly workload: Workload
  readonly pod: KubeObject
  readonly log: InboundLog | null
}

/** What the log of one pod's proxy shows of a window. */
export interface PodCalls {
  readonly workload: Workload
  readonly pod: KubeObject
  readonly calls: readonly LoggedCalls[]
}

const atOnce = 6

/** Of a configuration of many megabytes, the one listener that takes calls. */
const inboundDump = '/config_dump?resource=dynamic_listeners&name_regex=^virtualInbound$'

/** Asks the proxies of a server's pods how they log; `filter` is that of a log which was asked for. */
export async function readServerProxies(
  api: Api,
  workloads: readonly Workload[],
  missing: Set<string>,
  filter: string | null = null,
): Promise<readonly ServerProxy[]> {
  const limit = pLimit(atOnce)
  return await Promise.all(
    workloads
      .flatMap(workload => proxiedPods(workload).map(pod => ({workload, pod})))
      .map(({workload, pod}) =>
        limit(async (): Promise<ServerProxy> => {
          const dump = await askAdmin(api.connection, pod, inboundDump, missing)
          return {workload, pod, log: dump === null ? null : inboundLog(dump, filter)}
        }),
      ),
  )
}

/** Reads what the proxies wrote in the last seconds. A pod whose log may not be read is missing evidence. */
export async function readCalls(
  api: Api,
  proxies: readonly ServerProxy[],
  seconds: number,
  missing: Set<string>,
): Promise<readonly PodCalls[]> {
  const limit = pLimit(atOnce)
  const read = proxies.map(proxy => limit(() => readOne(api, proxy, seconds, missing)))
  return (await Promise.all(read)).flat()
}

async function readOne(
  api: Api,
  {workload, pod, log}: ServerProxy,
  seconds: number,
  missing: Set<string>,
): Promise<readonly PodCalls[]> {
  const name = `${pod.id.namespace}/${pod.id.name}`
  try {
    const {text, cut, rotated} = await readProxyLog(api, pod, seconds)
    if (cut) missing.add(`${name}: its log of the window is longer than is read`)
    if (rotated !== null && rotated.getTime() > Date.now() - seconds * 1000)
      missing.add(`${name}: its log was rotated, and what came before ${rotated.toISOString()} is not in it`)
    const reader = log?.kind === 'readable' ? log.read : istioLine
    const calls = countCalls(text, reader, addressesOf(pod))
    return [{workload, pod, calls}]
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    missing.add(
      error.status === 403
        ? `forbidden: pods/log in namespace ${pod.id.namespace}`
        : `${name}: its log could not be read: ${error.message}`,
    )
    return []
  }
}

/** Requests by the counters of proxies, which are there without anybody asking for them. */
export interface Counted {
  /** Taken by the server's pods. */
  readonly requests: number
  /** Of those, at least so many were sent by no proxy of the mesh; null where not all of them could be asked. */
  readonly unexplained: number | null
  /** How many proxies of possible clients were asked. */
  readonly proxies: number
}

/** Proxies of clients that are asked at most: each costs two round trips through the API server. */
const mostClients = 100

interface Reading {
  readonly taken: readonly (Json | null)[]
  readonly sent: readonly (Json | null)[]
}

/**
 * Compares what the server's proxies took with what the proxies of the mesh sent there while `meanwhile` lasts. The
 * clients' window encloses the server's, so what is left over came from somebody else.
 */
export async function countRequests<Value>(
  api: Api,
  mesh: Mesh,
  servers: readonly KubeObject[],
  meanwhile: () => Promise<Value>,
): Promise<{readonly value: Value; readonly counted: Counted | null; readonly missing: readonly string[]}> {
  const missing = new Set<string>()
  const clients = mesh.workloads.flatMap(workload => proxiedPods(workload))
  const asked = clients.slice(0, mostClients)
  if (clients.length > asked.length)
    missing.add(`counters of ${clients.length - asked.length} more proxies of possible clients`)
  const limit = pLimit(atOnce)
  const ask = (pods: readonly KubeObject[]): Promise<readonly (Json | null)[]> =>
    Promise.all(pods.map(pod => limit(() => askAdmin(api.connection, pod, '/clusters?format=json', missing))))
  const sent = await ask(asked)
  const before: Reading = {sent, taken: await ask(servers)}
  const value = await meanwhile()
  const taken = await ask(servers)
  const after: Reading = {taken, sent: await ask(asked)}
  const counted = compare(servers, before, after)
  const all = counted?.proxies === clients.length
  return {
    value,
    counted: counted === null || all ? counted : {...counted, unexplained: null},
    missing: [...missing],
  }
}

function compare(servers: readonly KubeObject[], before: Reading, after: Reading): Counted | null {
  let [requests, known] = [0, 0]
  const sent = new Map<string, number>()
  let proxies = 0
  for (const [index, then] of before.sent.entries()) {
    const now = after.sent[index] ?? null
    if (then === null || now === null) continue
    proxies += 1
    for (const [place, count] of added(requestsSent(then), requestsSent(now)))
      sent.set(place, (sent.get(place) ?? 0) + count)
  }
  let unexplained = 0
  for (const [index, server] of servers.entries()) {
    const [then, now] = [before.taken[index] ?? null, after.taken[index] ?? null]
    if (then === null || now === null) continue
    known += 1
    for (const [port, count] of added(requestsTaken(then), requestsTaken(now))) {
      requests += count
      const ours = addressesOf(server).reduce(
        (sum, address) => sum + (sent.get(`${address} ${port}`) ?? 0),
        0,
      )
      unexplained += Math.max(0, count - ours)
    }
  }
  if (known === 0) return null
  return {requests, unexplained, proxies}
}

/** Sleeps, or ends at once when told to. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || milliseconds <= 0) return
  await sleep(milliseconds, undefined, {signal}).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
