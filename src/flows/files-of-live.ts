import {stat} from 'node:fs/promises'

import type {Change, ChangeSet} from '../changes/change-set.ts'
import {readableChange} from '../changes/live/server-fields.ts'
import {threeWay} from '../changes/three-way.ts'
import {objectKey} from '../objects/identity.ts'
import {isRecord, record} from '../objects/json.ts'
import {loadPaths} from '../objects/load.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

/**
 * A change set of live objects as one of the files that they came from: what a step changes is done to the manifest in
 * the directory, where it holds one, and what has no manifest is compared without what only the server keeps.
 */
export async function asFiles(set: ChangeSet, dir: string): Promise<ChangeSet> {
  const there = await stat(dir).then(
    found => found.isDirectory(),
    () => false,
  )
  const {objects} = there ? await loadPaths([dir]) : {objects: []}
  const byKey = new Map(objects.map(object => [objectKey(object.id), object]))
  return {
    ...set,
    phases: set.phases.map(phase => ({
      ...phase,
      changes: phase.changes.flatMap(change => inFile(bare(change), byKey.get(objectKey(change.id)))),
    })),
  }
}

function inFile(change: Change, file: KubeObject | undefined): readonly Change[] {
  if (file === undefined) return [change]
  const {id, reason} = change
  if (change.action === 'delete') return [{...change, before: file}]
  const base = change.action === 'create' ? {} : change.before.value
  const {value} = threeWay(base, change.after, file.value)
  return [
    {
      action: 'update',
      id: {...id, apiVersion: file.id.apiVersion},
      before: file,
      after: isRecord(value) ? value : change.after,
      reason,
    },
  ]
}

function bare(change: Change): Change {
  const readable = readableChange(change)
  if (readable.action === 'create') return {...readable, after: withoutLastApplied(readable.after)}
  const before = {...readable.before, value: withoutLastApplied(readable.before.value)}
  if (readable.action === 'delete') return {...readable, before}
  return {...readable, before, after: withoutLastApplied(readable.after)}
}

function withoutLastApplied(value: JsonObject): JsonObject {
  const metadata = record(value['metadata'])
  const {[lastApplied]: _applied, ...annotations} = record(metadata['annotations'])
  const {annotations: _all, ...rest} = metadata
  return {...value, metadata: {...rest, ...(Object.keys(annotations).length > 0 && {annotations})}}
}
