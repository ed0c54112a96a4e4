import {setTimeout as sleep} from 'node:timers/promises'
import pLimit from 'p-limit'
import {MeshctlError} from '../cli/error.ts'
import type {Connection} from '../cluster/connect.ts'
import {askPod} from '../cluster/forward.ts'
import type {Mesh, Workload} from '../mesh/mesh.ts'
import {record} from '../objects/json.ts'
import type {Json, KubeObject} from '../objects/object.ts'
import {proxyContainer} from '../mesh/workloads.ts'
import {readConfigDump} from './proxy-config.ts'
import type {ProxyConfig} from './proxy-config.ts'
import {readTraffic, since} from './traffic.ts'
import type {Traffic} from './traffic.ts'

/** What the proxy of one pod has, and what went through it in the window. */
export interface ProxyEvidence {
  readonly namespace: string
  readonly workload: string
  readonly pod: string
  readonly config: ProxyConfig
  readonly traffic: Traffic
}

export interface Evidence {
  readonly proxies: readonly ProxyEvidence[]
  /** How long was looked, in seconds. */
  readonly seconds: number
  /** Sources that could not be asked, each with why: they lower what can be claimed, and nothing else. */
  readonly missing: readonly string[]
}

export interface GatherOptions {
  /** Milliseconds between the two readings of the counters. */
  readonly window: number
  /** At most so many pods of one workload are asked; their configuration is the same. */
  readonly podsPerWorkload?: number
  readonly signal?: AbortSignal
}

const adminPort = 15000
const atOnce = 6

/** Asks the proxies of some workloads for their configuration, and for their counters at both ends of the window. */
export async function gatherEvidence(
  connection: Connection,
  workloads: readonly Workload[],
  options: GatherOptions,
): Promise<Evidence> {
  const pods = workloads.flatMap(workload =>
    proxiedPods(workload)
      .slice(0, options.podsPerWorkload ?? 2)
      .map(pod => ({workload, pod})),
  )
  const limit = pLimit(atOnce)
  const missing = new Set<string>()
  const ask = (pod: KubeObject, path: string): Promise<Json | null> =>
    limit(() => askAdmin(connection, pod, path, missing))
  const begun = Date.now()
  const first = await Promise.all(pods.map(({pod}) => ask(pod, '/clusters?format=json')))
  await sleep(
    Math.max(0, options.window - (Date.now() - begun)),
    undefined,
    options.signal === undefined ? {} : {signal: options.signal},
  )
  const found = await Promise.all(
    pods.map(async ({workload, pod}, index): Promise<readonly ProxyEvidence[]> => {
      const [then, now, dump] = [
        first[index] ?? null,
        await ask(pod, '/clusters?format=json'),
        await ask(pod, '/config_dump?include_eds'),
      ]
      if (then === null || now === null || dump === null) return []
      return [
        {
          namespace: workload.namespace,
          workload: workload.name,
          pod: pod.id.name,
          config: readConfigDump(dump),
          traffic: since(readTraffic(then), readTraffic(now)),
        },
      ]
    }),
  )
  return {proxies: found.flat(), seconds: Math.round((Date.now() - begun) / 1000), missing: [...missing]}
}

/** The pods of a workload whose proxies can be asked. */
export function proxiedPods(workload: Workload): readonly KubeObject[] {
  const pods = workload.kind === 'Pod' ? [workload.object] : workload.pods
  return pods.filter(
    pod =>
      proxyContainer(pod.value) !== undefined &&
      record(pod.value['status'])['phase'] === 'Running' &&
      record(pod.value['metadata'])['deletionTimestamp'] === undefined,
  )
}

/** A pod that is forbidden or does not answer is missing evidence, which is stated; it fails nothing. */
export async function askAdmin(
  connection: Connection,
  pod: KubeObject,
  path: string,
  missing: Set<string>,
): Promise<Json | null> {
  try {
    return JSON.parse(
      await askPod(connection, {namespace: pod.id.namespace, pod: pod.id.name, port: adminPort, path}),
    ) as Json
  } catch (error) {
    if (error instanceof MeshctlError && error.code === 'forbidden')
      missing.add(`forbidden: pods/portforward in namespace ${pod.id.namespace}`)
    else
      missing.add(
        `${pod.id.namespace}/${pod.id.name}: ${error instanceof Error ? error.message : String(error)}`,
      )
    return null
  }
}

/** The workloads whose proxies show whether expectations hold: the named clients and the servers' endpoints. */
export function concernedWorkloads(mesh: Mesh, names: readonly string[]): readonly Workload[] {
  const wanted = new Set(names)
  return mesh.workloads.filter(
    workload =>
      wanted.has(`${workload.namespace}/${workload.name}`) && mesh.injection(workload).inMesh !== false,
  )
}
