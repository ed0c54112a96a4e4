import type {Api} from '../cluster/api.ts'
import {pathOf} from '../cluster/discover.ts'
import type {KubeObject} from '../objects/object.ts'

/** A proxy's log may be long; what is beyond this is not read. */
const mostBytes = 64 * 1024 * 1024

export interface PodLog {
  readonly text: string
  /** There was more than is read at once. */
  readonly cut: boolean
}

/**
 * What the proxy of a pod has written in the last seconds, by the node's own clock. Needs the verb `get` on `pods/log`;
 * throws ApiError as the API server answers.
 */
export async function readProxyLog(api: Api, {id}: KubeObject, seconds: number): Promise<PodLog> {
  const pods = {apiVersion: 'v1', plural: 'pods', namespaced: true}
  const text = await api.requestText({
    path: `${pathOf(pods, id.namespace, id.name)}/log`,
    query: {
      container: 'istio-proxy',
      sinceSeconds: String(Math.max(1, Math.ceil(seconds))),
      limitBytes: String(mostBytes),
    },
  })
  return {text, cut: text.length >= mostBytes - 4}
}
