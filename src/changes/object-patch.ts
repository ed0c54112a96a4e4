import {MeshctlError} from '../cli/error.ts'
import {describe} from '../objects/identity.ts'
import {isRecord, record} from '../objects/json.ts'
import {groupOf} from '../objects/kinds.ts'
import type {JsonObject, ObjectId} from '../objects/object.ts'
import {readYaml} from '../objects/yaml.ts'
import type {Change} from './change-set.ts'
import {editYaml} from './edit-yaml.ts'
import {toYaml} from './emit-yaml.ts'
import {newFileName} from './file-names.ts'
import {equalJson} from './json-equality.ts'
import {joinPatches, mergePatch, withoutPatch} from './merge-patch.ts'

/** A change to an object of which there is no manifest to edit, as one that was read from a cluster. */
export type FilelessChange = Exclude<Change, {readonly action: 'create'}> & {
  readonly before: {readonly source: null}
}

export function isFileless(change: Change): change is FilelessChange {
  return change.action !== 'create' && change.before.source === null
}

/** `bookinfo/deployment-reviews.patch.yaml` */
export function patchFileName(id: ObjectId): string {
  return newFileName(id).replace(/\.yaml$/, '.patch.yaml')
}

const builtIn = new Set(['', 'apps', 'batch'])

/** The change as the content of a patch file, without the object's identity. */
export function patchOf(change: FilelessChange): JsonObject {
  if (change.action === 'delete') return {$patch: 'delete'}
  return mergePatch(change.before.value, change.after, builtIn.has(groupOf(change.id.apiVersion)))
}

/** A patch file with a change in it; null where nothing is left to patch. `text` is null where there is none yet. */
export function patchText(change: FilelessChange, text: string | null, path: string): string | null {
  const undoes = change.action === 'update' ? change.undoes : undefined
  if (text === null) return undoes === undefined ? newText(change) : null
  const {value, faults} = readYaml(text)
  if (!isRecord(value) || faults.length > 0 || !isOf(value, change.id)) throw notOurs(path, change.id)
  const next = undoes === undefined ? joinPatches(value, patchOf(change)) : withoutPatch(value, undoes)
  if (equalJson(next, value)) return text
  return equalJson(next, identity(change.id)) ? null : editYaml(text, value, next)
}

/** Whether a patch file still holds some of a patch. */
export function holdsPatch(text: string, patch: JsonObject): boolean {
  const {value} = readYaml(text)
  return isRecord(value) && !equalJson(withoutPatch(value, patch), value)
}

function newText(change: FilelessChange): string {
  const body = joinPatches(identity(change.id), patchOf(change))
  return `# A patch for kustomize, since the object's own manifest is not in this directory: ${change.reason}\n${toYaml(body)}`
}

function identity({apiVersion, kind, namespace, name}: ObjectId): JsonObject {
  return {apiVersion, kind, metadata: {name, ...(namespace === '' ? {} : {namespace})}}
}

function isOf(value: JsonObject, {kind, name}: ObjectId): boolean {
  return value['kind'] === kind && record(value['metadata'])['name'] === name
}

function notOurs(path: string, id: ObjectId): MeshctlError {
  return new MeshctlError(
    'refused',
    `${path} is there already and is no patch of ${describe(id)}; nothing was written`,
    {
      try: [`mv ${path} elsewhere`],
      file: path,
    },
  )
}
