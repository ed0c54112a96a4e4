import {groupOf} from '../../objects/kinds.ts'
import {describe} from '../../objects/identity.ts'
import type {JsonObject, ObjectId} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import type {Api} from '../../cluster/api.ts'
import {ApiError} from '../../cluster/api.ts'
import type {Resource, Resources} from '../../cluster/discover.ts'
import {readObject} from '../../cluster/write.ts'

/** A cluster that is to be changed: `readCluster` gives its resources, `discover` too. */
export interface Live {
  readonly api: Api
  readonly resources: Resources
}

/** How to ask for objects of a kind, at the version that the object has. Throws MeshctlError `missing-crd`. */
export function resourceOf({resources, api}: Live, id: ObjectId): Resource {
  const found = resources.get(`${groupOf(id.apiVersion)}/${id.kind}`)
  if (found !== undefined) return {...found, apiVersion: id.apiVersion}
  throw new MeshctlError(
    'missing-crd',
    `the cluster of context ${api.connection.context} has no kind ${id.kind} of ${id.apiVersion}, which ${describe(id)} needs`,
    {
      try: [
        `kubectl --context ${api.connection.context} api-resources --api-group=${groupOf(id.apiVersion)}`,
        'Install the kinds of Istio: istioctl install',
      ],
    },
  )
}

/** An object as it is now; null where there is none. */
export async function getObject(live: Live, id: ObjectId): Promise<JsonObject | null> {
  try {
    return await readObject(live.api, resourceOf(live, id), id.namespace, id.name)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}
