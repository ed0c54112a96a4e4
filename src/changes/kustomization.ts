import {posix, relative, sep} from 'node:path'
import {MeshctlError} from '../cli/error.ts'
import {isRecord, list} from '../objects/json.ts'
import {groupOf} from '../objects/kinds.ts'
import type {Json, JsonObject, ObjectId} from '../objects/object.ts'
import {splitDocuments} from '../objects/documents.ts'
import {readYaml} from '../objects/yaml.ts'
import {editYaml} from './edit-yaml.ts'

/** How a kustomization names a file. */
export function resourceName(kustomizationDirectory: string, file: string): string {
  return relative(kustomizationDirectory, file).split(sep).join(posix.sep)
}

/** A patch file, and the object that kustomize is to apply it to. */
export interface PatchEntry {
  readonly path: string
  readonly id: ObjectId
}

/** A kustomization of its own, for patches that none governs: whoever brings the objects lists it as a component. */
export const newComponent = `# Edits to objects whose manifests are elsewhere. List this directory under \`components:\` of the kustomization that
# has the objects.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
`

/** The text of a kustomization with patches added, and others taken out. */
export function withPatches(
  text: string,
  path: string,
  added: readonly PatchEntry[],
  removed: readonly string[],
): string {
  return editList(text, path, 'patches', (items, kustomization) => {
    const gone = new Set(removed)
    const kept = items.filter(item => !gone.has(pathOf(item)))
    const known = new Set(kept.map(pathOf))
    const fresh = added.filter(one => !known.has(one.path)).map(one => entryOf(one, kustomization))
    return [...kept, ...fresh]
  })
}

function pathOf(item: Json): string {
  const path = isRecord(item) ? item['path'] : undefined
  return typeof path === 'string' ? posix.normalize(path) : ''
}

/**
 * Without a version, as manifests may be of another than what the cluster serves. A kustomization that sets the
 * namespace does so after its patches: until then its objects may have none.
 */
function entryOf({path, id}: PatchEntry, kustomization: JsonObject): JsonObject {
  const group = groupOf(id.apiVersion)
  const named = id.namespace !== '' && kustomization['namespace'] !== id.namespace
  const target = {
    ...(group === '' ? {} : {group}),
    kind: id.kind,
    name: id.name,
    ...(named ? {namespace: id.namespace} : {}),
  }
  return {path, target}
}

/** The text of a kustomization with files added to its resources, and others taken out; layout and comments stay. */
export function withResources(
  text: string,
  path: string,
  added: readonly string[],
  removed: readonly string[],
): string {
  return editList(text, path, 'resources', items => {
    const gone = new Set(removed)
    const kept = items.filter(item => typeof item !== 'string' || !gone.has(posix.normalize(item)))
    const known = new Set(kept.flatMap(item => (typeof item === 'string' ? [posix.normalize(item)] : [])))
    return [...kept, ...added.filter(name => !known.has(name))]
  })
}

function editList(
  text: string,
  path: string,
  key: 'resources' | 'patches',
  edit: (items: readonly Json[], kustomization: JsonObject) => readonly Json[],
): string {
  const [document] = splitDocuments(text)
  const {value, faults} = readYaml(document?.text ?? '')
  const items: Json | undefined = isRecord(value) ? value[key] : undefined
  const unusual = (value !== undefined && !isRecord(value)) || faults.length > 0
  if (unusual || (items !== undefined && items !== null && !Array.isArray(items))) {
    throw new MeshctlError('invalid-input', `${path} is no kustomization whose ${key} can be listed`, {
      try: [`kustomize build ${posix.dirname(path)}`],
      file: path,
    })
  }
  const next = edit(list(items), isRecord(value) ? value : {})
  if (next.length === list(items).length && next.every((item, index) => item === list(items)[index]))
    return text
  const after = {...(isRecord(value) ? value : {}), [key]: next}
  if (document === undefined || value === undefined)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${editYaml('{}\n', {}, after).replace(/^\{\}\n/, '')}`
  const end = document.startOffset + document.text.length
  return text.slice(0, document.startOffset) + editYaml(document.text, value, after) + text.slice(end)
}
