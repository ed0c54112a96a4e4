import {FILE_HEADERS_ONLY, formatPatch, structuredPatch} from 'diff'
import {describe} from '../objects/identity.ts'
import type {KubeObject} from '../objects/object.ts'
import type {Change} from './change-set.ts'
import {editFile} from './edit-file.ts'
import {toYaml} from './emit-yaml.ts'
import {newFileName} from './file-names.ts'

/**
 * A change as a unified diff, without colour: of the file where the object has one, else of the object's YAML. Empty
 * where nothing changes. A Secret's values are never shown.
 */
export function diffChange(change: Change): string {
  if (change.id.kind === 'Secret')
    return `# ${change.action} ${describe(change.id)} (its values are not shown)\n`
  if (change.action === 'create')
    return diffText(null, newFileName(change.id), '', change.yaml ?? toYaml(change.after))
  const after = change.action === 'update' ? change.after : null
  return hasFile(change.before) ? diffInFile(change.before, after) : diffObject(change.before, after)
}

/** The unified diff of a file's text; null stands for no such file. */
export function diffFile(path: string, before: string | null, after: string | null): string {
  return diffText(before === null ? null : path, after === null ? null : path, before ?? '', after ?? '')
}

type InFile = KubeObject & {readonly source: NonNullable<KubeObject['source']>}

function hasFile(object: KubeObject): object is InFile {
  return object.source !== null && object.source.file !== '-'
}

function diffInFile({value, source}: InFile, after: KubeObject['value'] | null): string {
  const here = {...source, startOffset: 0}
  const edited = editFile(source.text, [{source: here, before: value, after}])
  return diffText(source.file, source.file, source.text, edited ?? '', source.startLine)
}

function diffObject({id, value}: KubeObject, after: KubeObject['value'] | null): string {
  const name = newFileName(id)
  return diffText(name, after === null ? null : name, toYaml(value), after === null ? '' : toYaml(after))
}

/** `firstLine` is the line of the file, from 0, on which the texts start. */
function diffText(
  from: string | null,
  to: string | null,
  before: string,
  after: string,
  firstLine = 0,
): string {
  if (before === after) return ''
  const patch = structuredPatch(named('a', from), named('b', to), before, after, undefined, undefined, {
    context: 3,
  })
  const hunks = patch.hunks.map(hunk => ({
    ...hunk,
    oldStart: hunk.oldStart + firstLine,
    newStart: hunk.newStart + firstLine,
  }))
  return formatPatch({...patch, hunks}, FILE_HEADERS_ONLY)
}

function named(side: 'a' | 'b', path: string | null): string {
  return path === null ? '/dev/null' : `${side}/${path.replace(/^(?:\.?\/)+/, '')}`
}
