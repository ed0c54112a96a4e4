import type {Api} from '../cluster/api.ts'
import {pathOf} from '../cluster/discover.ts'
import {record, records, text} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'

/** A proxy's log may be long; what is beyond this is not read. */
const mostBytes = 64 * 1024 * 1024

export interface PodLog {
  readonly text: string
  /** There was more than is read at once. */
  readonly cut: boolean
  /** Since when the log goes back, where it was rotated since the proxy began; null where it was not. */
  readonly rotated: Date | null
}

/**
 * What the proxy of a pod has written in the last seconds, by the node's own clock. Needs the verb `get` on `pods/log`;
 * throws ApiError as the API server answers.
 */
export async function readProxyLog(api: Api, pod: KubeObject, seconds: number): Promise<PodLog> {
  const read = (query: Readonly<Record<string, string>>): Promise<string> =>
    api.requestText({path: pathOfLog(pod), query: {container, ...query}})
  const lines = await read({
    sinceSeconds: String(Math.max(1, Math.ceil(seconds))),
    limitBytes: String(mostBytes),
  })
  const head = await read({timestamps: 'true', limitBytes: '64'})
  return {text: lines, cut: lines.length >= mostBytes - 4, rotated: rotatedSince(pod, head)}
}

const container = 'istio-proxy'

function pathOfLog({id}: KubeObject): string {
  const pods = {apiVersion: 'v1', plural: 'pods', namespaced: true}
  return `${pathOf(pods, id.namespace, id.name)}/log`
}

/** Of a log that was rotated only the newest part can be read. A proxy writes its first lines within its first seconds. */
export function rotatedSince({value}: KubeObject, head: string): Date | null {
  const first = Date.parse(/^\S+/.exec(head)?.[0] ?? '')
  const status = record(value['status'])
  const own = [...records(status['initContainerStatuses']), ...records(status['containerStatuses'])].find(
    one => one['name'] === container,
  )
  const began = Date.parse(text(record(record(own?.['state'])['running'])['startedAt']) ?? '')
  return first - began > 60_000 ? new Date(first) : null
}
