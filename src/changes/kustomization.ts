import {posix, relative, sep} from 'node:path'
import {MeshctlError} from '../cli/error.ts'
import {isRecord, list} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {splitDocuments} from '../objects/documents.ts'
import {readYaml} from '../objects/yaml.ts'
import {editYaml} from './edit-yaml.ts'

/** The names that kustomize looks for. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** How a kustomization names a file. */
export function resourceName(kustomizationDirectory: string, file: string): string {
  return relative(kustomizationDirectory, file).split(sep).join(posix.sep)
}

/** The text of a kustomization with files added to its resources, and others taken out; layout and comments stay. */
export function withResources(
  text: string,
  path: string,
  added: readonly string[],
  removed: readonly string[],
): string {
  const [document] = splitDocuments(text)
  const {value, faults} = readYaml(document?.text ?? '')
  const resources: Json | undefined = isRecord(value) ? value['resources'] : undefined
  const unusual = (value !== undefined && !isRecord(value)) || faults.length > 0
  if (unusual || (resources !== undefined && resources !== null && !Array.isArray(resources))) {
    throw new MeshctlError('invalid-input', `${path} is no kustomization whose resources can be listed`, {
      try: [`kustomize build ${posix.dirname(path)}`],
      file: path,
    })
  }
  const gone = new Set(removed)
  const kept = list(resources).filter(item => typeof item !== 'string' || !gone.has(posix.normalize(item)))
  const known = new Set(kept.flatMap(item => (typeof item === 'string' ? [posix.normalize(item)] : [])))
  const next = [...kept, ...added.filter(name => !known.has(name))]
  if (next.length === list(resources).length && next.every((item, index) => item === list(resources)[index]))
    return text
  const after = {...(isRecord(value) ? value : {}), resources: next}
  if (document === undefined || value === undefined)
    return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${editYaml('{}\n', {}, after).replace(/^\{\}\n/, '')}`
  const end = document.startOffset + document.text.length
  return text.slice(0, document.startOffset) + editYaml(document.text, value, after) + text.slice(end)
}
