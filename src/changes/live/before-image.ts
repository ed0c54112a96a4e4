import {record, text} from '../../objects/json.ts'
import {describe, sameObject} from '../../objects/identity.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import type {Api} from '../../cluster/api.ts'
import {ApiError} from '../../cluster/api.ts'
import {fieldManager} from '../../cluster/write.ts'
import type {Change, ChangeSet} from '../change-set.ts'
import {changesOf} from '../change-set.ts'
import type {LiveChange, LiveEntry} from './entry.ts'
import {withChange} from './entry.ts'
import {findEntry} from './ledger-store.ts'

/**
 * Keeps what Secrets were before the step, each as a Secret in its own namespace, where the same people may read it.
 * The entry gets their names. Happens before the entry is written.
 */
export async function keepSecrets(
  api: Api,
  entry: LiveEntry,
  set: Pick<ChangeSet, 'phases'>,
): Promise<LiveEntry> {
  let kept = entry
  for (const [index, change] of changesOf({...set, notes: []}).entries()) {
    if (change.id.kind !== 'Secret' || change.action === 'create') continue
    const name = `meshctl-before-${entry.id}-${index}`
    await api.request({
      method: 'POST',
      path: secretsPath(change.id.namespace),
      query: {fieldManager},
      body: imageOf(entry.id, name, change),
    })
    kept = withChange(kept, index, {beforeSecret: name})
  }
  return kept
}

function imageOf(id: string, name: string, change: Exclude<Change, {readonly action: 'create'}>): JsonObject {
  const labels = {'app.kubernetes.io/managed-by': fieldManager, 'meshctl.io/ledger-id': id}
  const object = Buffer.from(JSON.stringify(change.before.value), 'utf8').toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'meshctl.io/before-image',
    metadata: {name, namespace: change.id.namespace, labels},
    data: {object},
  }
}

/** What the object of a change was before it: from the ledger, or from the Secret that it names. Null: it was not there. */
export async function beforeOf(api: Api, change: LiveChange): Promise<JsonObject | null> {
  if (change.beforeSecret === null) return change.before
  const kept = await api
    .request({path: `${secretsPath(change.object.namespace)}/${change.beforeSecret}`})
    .catch((cause: unknown) => {
      if (!(cause instanceof ApiError) || cause.status !== 404) throw cause
      throw new MeshctlError(
        'refused',
        `what ${describe(change.object)} was before is gone: Secret ${change.object.namespace}/${change.beforeSecret ?? ''} kept it`,
        {
          try: [
            `kubectl -n ${change.object.namespace} get secrets -l app.kubernetes.io/managed-by=${fieldManager}`,
          ],
          cause,
        },
      )
    })
  const object = Buffer.from(text(record(kept['data'])['object']) ?? '', 'base64').toString('utf8')
  return record(JSON.parse(object) as Json)
}

/**
 * The entry with what is known of the values of Secrets filled in, for `planRollback` and `planResume`; never to be
 * written down. Of a step that takes another back, what Secrets are to become is what they were before the other.
 */
export async function withSecrets(api: Api, entry: LiveEntry): Promise<LiveEntry> {
  const original = entry.rollsBack === null ? null : (await findEntry(api, entry.rollsBack)).entry
  const changes = await Promise.all(
    entry.changes.map(async change => {
      if (!change.withheld) return change
      const source = original?.changes.find(one => sameObject(one.object, change.object))
      const after =
        source === undefined || change.action === 'delete'
          ? null
          : await beforeOf(api, source).catch(unknownWhenGone)
      return {...change, before: await beforeOf(api, change), after}
    }),
  )
  return {...entry, changes}
}

/** Once a step was taken back its Secrets are gone, and nobody asks for their values again. */
function unknownWhenGone(cause: unknown): null {
  if (cause instanceof MeshctlError) return null
  throw cause
}

/** Removes the Secrets of a step that was taken back: nobody needs them any more. */
export async function forgetSecrets(api: Api, entry: LiveEntry): Promise<void> {
  for (const {object, beforeSecret} of entry.changes) {
    if (beforeSecret === null) continue
    await api
      .request({method: 'DELETE', path: `${secretsPath(object.namespace)}/${beforeSecret}`})
      .catch((error: unknown) => {
        if (!(error instanceof ApiError) || error.status !== 404) throw error
      })
  }
}

function secretsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`
}
