import {ApiError, openApi} from '../../../src/cluster/api.ts'
import type {Api} from '../../../src/cluster/api.ts'
import {connect} from '../../../src/cluster/connect.ts'
import {discover} from '../../../src/cluster/discover.ts'
import type {Resource, Resources} from '../../../src/cluster/discover.ts'
import {applyFields, deleteObject} from '../../../src/cluster/write.ts'
import {groupOf} from '../../../src/objects/kinds.ts'
import {record, text} from '../../../src/objects/json.ts'
import type {JsonObject} from '../../../src/objects/object.ts'
import {objectsOf} from '../../testbed/cluster/manifest.ts'

/** Applies and removes manifests without starting kubectl for each, which takes longer than the change itself. */
export class Objects {
  readonly #api: Api
  readonly #resources: Resources

  private constructor(api: Api, resources: Resources) {
    this.#api = api
    this.#resources = resources
  }

  static async of(kubeconfig: string): Promise<Objects> {
    const api = openApi(await connect({kubeconfig}))
    return new Objects(api, await discover(api))
  }

  /** One after the other, so that what is written first is the older one; gives them as the cluster holds them. */
  async apply(objects: readonly JsonObject[]): Promise<readonly JsonObject[]> {
    const applied: JsonObject[] = []
    for (const object of objects)
      applied.push(await applyFields(this.#api, this.#resourceOf(object), object, {force: true}))
    return applied
  }

  /** Those that are there still. */
  async remove(objects: readonly JsonObject[]): Promise<void> {
    await Promise.all(
      objects.map(async object => {
        try {
          await deleteObject(this.#api, this.#resourceOf(object), namePart(object))
        } catch (error) {
          if (!(error instanceof ApiError) || error.status !== 404) throw error
        }
      }),
    )
  }

  #resourceOf(object: JsonObject): Resource {
    const kind = `${groupOf(text(object['apiVersion']) ?? '')}/${text(object['kind']) ?? ''}`
    const resource = this.#resources.get(kind)
    if (resource === undefined) throw new Error(`the cluster has no ${kind}`)
    return resource
  }
}

export function objectsIn(...manifests: readonly string[]): readonly JsonObject[] {
  const objects = manifests.flatMap(text => objectsOf(text) as JsonObject[])
  return [...new Map(objects.map(object => [nameOf(object), object])).values()]
}

/** Those of the first that are not among the second. */
export function without(
  objects: readonly JsonObject[],
  others: readonly JsonObject[],
): readonly JsonObject[] {
  const names = new Set(others.map(nameOf))
  return objects.filter(object => !names.has(nameOf(object)))
}

export function nameOf(object: JsonObject): string {
  return JSON.stringify(namePart(object))
}

function namePart({apiVersion, kind, metadata}: JsonObject): JsonObject {
  const {name, namespace} = record(metadata)
  return {
    apiVersion: apiVersion ?? null,
    kind: kind ?? null,
    metadata: {name: name ?? null, namespace: namespace ?? null},
  }
}
