import {record, records, text, texts} from '../objects/json.ts'
import {knownKinds} from '../objects/kinds.ts'
import type {JsonObject} from '../objects/object.ts'
import type {Api} from './api.ts'
import {ApiError} from './api.ts'

/** A kind that the cluster serves, at the version to ask for it. */
export interface Resource {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** Kinds by `group/kind` (`/Service` for the core group). */
export type Resources = ReadonlyMap<string, Resource>

/**
 * What the cluster serves of the kinds that meshctl knows, each at its group's preferred version where it is served there. A group that is not
 * there (no Istio CRDs, no Prometheus operator) is simply absent.
 */
export async function discover(api: Api): Promise<Resources> {
  const wanted = new Set(knownKinds().map(([group]) => group))
  const groups = records((await api.request({path: '/apis'}))['groups'])
  const versions = groups.filter(group => wanted.has(text(group['name']) ?? '')).flatMap(versionsOf)
  const known = new Set(knownKinds().map(([group, kind]) => `${group}/${kind}`))
  const found = await Promise.all(['v1', ...versions].map(version => resourcesOf(api, version)))
  // The first wins, so a kind is asked for at its group's preferred version if it is served there (EnvoyFilter is not).
  return new Map(
    found
      .flat()
      .filter(([key]) => known.has(key))
      .reverse(),
  )
}

function versionsOf(group: JsonObject): readonly string[] {
  const preferred = text(record(group['preferredVersion'])['groupVersion'])
  const all = records(group['versions']).flatMap(version => text(version['groupVersion']) ?? [])
  return [...new Set([...(preferred === undefined ? [] : [preferred]), ...all])]
}

async function resourcesOf(api: Api, version: string): Promise<readonly (readonly [string, Resource])[]> {
  const path = version === 'v1' ? '/api/v1' : `/apis/${version}`
  const group = version.includes('/') ? (version.split('/')[0] ?? '') : ''
  const list: JsonObject = await api.request({path}).catch((error: unknown) => {
    // An aggregated API whose server is down answers 503: its kinds are then missing, which the reader states.
    if (error instanceof ApiError) return {}
    throw error
  })
  return records(list['resources']).flatMap(resource => {
    const [kind, plural] = [text(resource['kind']), text(resource['name'])]
    if (kind === undefined || plural === undefined || plural.includes('/')) return []
    return [
      [
        `${group}/${kind}`,
        {
          apiVersion: version,
          kind,
          plural,
          namespaced: resource['namespaced'] === true,
          verbs: texts(resource['verbs']),
        },
      ] as const,
    ]
  })
}

/** The API path of a kind, of one namespace, or of one object. */
export function pathOf(
  resource: Pick<Resource, 'apiVersion' | 'plural' | 'namespaced'>,
  namespace: string | null,
  name?: string,
): string {
  const root = resource.apiVersion === 'v1' ? '/api/v1' : `/apis/${resource.apiVersion}`
  const place =
    resource.namespaced && namespace !== null && namespace !== ''
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : ''
  return `${root}${place}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}
