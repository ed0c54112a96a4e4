import {setTimeout as sleep} from 'node:timers/promises'
import {describe} from '../../objects/identity.ts'
import {at, number, record, records, text, textMap} from '../../objects/json.ts'
import type {JsonObject, ObjectId} from '../../objects/object.ts'
import type {Live} from './live.ts'
import {getObject} from './live.ts'

/** Whether what a step changed has arrived: the caller's own check (proxies in sync), or that of rollouts. */
export type Settled =
  {readonly settled: true} | {readonly settled: false; readonly waitingFor: readonly string[]}

const kinds: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet']

export interface WaitOptions {
  readonly timeoutMs: number
  readonly everyMs?: number
  readonly signal?: AbortSignal
  readonly onWait?: (waitingFor: readonly string[]) => void
}

/** Waits until the workloads among some objects run what they now say; names those that don't when time is up. */
export async function waitForRollouts(
  live: Live,
  objects: readonly ObjectId[],
  options: WaitOptions,
): Promise<Settled> {
  const workloads = objects.filter(({kind}) => kinds.includes(kind))
  const end = Date.now() + options.timeoutMs
  for (;;) {
    const waitingFor = (await Promise.all(workloads.map(id => stillRolling(live, id)))).flat()
    if (waitingFor.length === 0) return {settled: true}
    options.onWait?.(waitingFor)
    if (Date.now() >= end || options.signal?.aborted === true)
      return {settled: false, waitingFor: await explainStuck(live, workloads, waitingFor)}
    await sleep(Math.min(options.everyMs ?? 500, Math.max(0, end - Date.now())), undefined, {
      ...(options.signal === undefined ? {} : {signal: options.signal}),
    }).catch(() => undefined)
  }
}

async function stillRolling(live: Live, id: ObjectId): Promise<readonly string[]> {
  const value = await getObject(live, id)
  const says = value === null ? null : rolloutOf(value)
  return says === null ? [] : [`${describe(id)}: ${says}`]
}

/** What a workload's rollout still waits for; null where it is done (kubectl's polymorphichelpers/rollout_status.go). */
export function rolloutOf(value: JsonObject): string | null {
  const status = record(value['status'])
  const count = (key: string): number => number(status[key]) ?? 0
  const strategy = text(at(value, ['spec', 'updateStrategy', 'type']))
  if (count('observedGeneration') < (number(at(value, ['metadata', 'generation'])) ?? 0))
    return 'its controller has not seen the change yet'
  if (value['kind'] !== 'Deployment' && strategy === 'OnDelete') return null
  if (value['kind'] === 'DaemonSet')
    return pods(count('updatedNumberScheduled'), count('numberAvailable'), count('desiredNumberScheduled'))
  const wanted = number(at(value, ['spec', 'replicas'])) ?? 1
  if (value['kind'] === 'StatefulSet') {
    const partition = number(at(value, ['spec', 'updateStrategy', 'rollingUpdate', 'partition'])) ?? 0
    return pods(count('updatedReplicas'), count('availableReplicas'), Math.max(0, wanted - partition))
  }
  const old = count('replicas') - count('updatedReplicas')
  return (
    pods(count('updatedReplicas'), count('availableReplicas'), wanted) ??
    (old > 0 ? `${old} old pods are still there` : null)
  )
}

function pods(updated: number, available: number, wanted: number): string | null {
  if (updated < wanted) return `${updated} of ${wanted} pods are updated`
  return available < wanted ? `${available} of ${wanted} pods are available` : null
}

/** Adds what the pods of stuck workloads say themselves, such as ImagePullBackOff. */
async function explainStuck(
  live: Live,
  workloads: readonly ObjectId[],
  waitingFor: readonly string[],
): Promise<readonly string[]> {
  const stuck = workloads.filter(id => waitingFor.some(line => line.startsWith(`${describe(id)}:`)))
  const reasons = await Promise.all(stuck.map(id => podReasons(live, id).catch(() => [])))
  return [...waitingFor, ...reasons.flat()]
}

async function podReasons(live: Live, id: ObjectId): Promise<readonly string[]> {
  const workload = await getObject(live, id)
  const labels = Object.entries(textMap(at(workload ?? {}, ['spec', 'selector', 'matchLabels']))).map(
    ([key, value]) => `${key}=${value}`,
  )
  if (labels.length === 0) return []
  const found = await live.api.request({
    path: `/api/v1/namespaces/${encodeURIComponent(id.namespace)}/pods`,
    query: {labelSelector: labels.join(','), limit: '20'},
  })
  return records(found['items']).flatMap(pod => {
    const status = record(pod['status'])
    const containers = [...records(status['initContainerStatuses']), ...records(status['containerStatuses'])]
    return containers.flatMap(container => {
      const waiting = record(record(container['state'])['waiting'])
      const reason = text(waiting['reason'])
      return reason === undefined || reason === 'PodInitializing'
        ? []
        : [
            `pod ${text(record(pod['metadata'])['name']) ?? ''}, container ${text(container['name']) ?? ''}: ${reason} ${text(waiting['message']) ?? ''}`.trim(),
          ]
    })
  })
}
