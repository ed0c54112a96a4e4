import {MeshctlError} from '../cli/error.ts'
import {describe, objectKey, sameObject} from '../objects/identity.ts'
import {formatPath, isRecord} from '../objects/json.ts'
import type {JsonObject, KubeObject, ObjectId, Source} from '../objects/object.ts'
import {parseText} from '../objects/parse.ts'
import type {Change, ChangeSet} from './change-set.ts'
import {editFile, stillHolds} from './edit-file.ts'
import type {ObjectEdit} from './edit-file.ts'
import {toYaml} from './emit-yaml.ts'
import {longFileName, newFileName} from './file-names.ts'
import {foldChanges} from './fold.ts'
import {equalJson} from './json-equality.ts'
import {planKustomizations} from './plan-kustomizations.ts'
import {isFileless, patchFileName, patchText} from './object-patch.ts'
import {relativeName, Root, textOf} from './target.ts'
import type {Place} from './target.ts'
import {threeWay} from './three-way.ts'

export {writeFiles} from './write-files.ts'
export type {Place} from './target.ts'

/** A file that is going to be different; null is no file. */
export interface PlannedFile {
  /** As the user knows it. */
  readonly path: string
  /** Where it really stands. */
  readonly real: string
  readonly before: string | null
  readonly after: string | null
}

export interface WritePlan {
  /** The files that change; none where everything is as it should be. */
  readonly files: readonly PlannedFile[]
  /** Files that already are as they should be. */
  readonly unchanged: readonly string[]
}

/** A file while its changes are gathered. */
interface Target {
  readonly real: string
  /** The file that the objects were read from; null for a file of one new object, or a patch of one. */
  readonly source: string | null
  readonly changes: Change[]
}

/**
 * What writing a change set into files comes to (decisions 20). Reads, and writes nothing: every text is made, and read
 * again to see that it means what was planned.
 */
export async function planWrite(set: Pick<ChangeSet, 'phases'>, place: Place): Promise<WritePlan> {
  const root = await Root.of(place.dir)
  const targets = new Map<string, Target>()
  for (const change of foldChanges(set.phases.flatMap(phase => phase.changes)))
    await addTarget(targets, change, root, place)
  const planned: PlannedFile[] = []
  for (const target of targets.values()) planned.push(await planTarget(target, root))
  const patches = [...targets.values()].flatMap(({real, changes: [change]}) =>
    change !== undefined && isFileless(change) ? [[real, change.id] as const] : [],
  )
  const files = [...planned, ...(await planKustomizations(planned, new Map(patches), root))]
  return {
    files: files.filter(({before, after}) => before !== after),
    unchanged: files.filter(({before, after}) => before === after && after !== null).map(({path}) => path),
  }
}

async function addTarget(
  targets: Map<string, Target>,
  change: Change,
  root: Root,
  place: Place,
): Promise<void> {
  if (isFileless(change)) {
    const real = await root.resolve(patchFileName(change.id))
    targets.set(real, {real, source: null, changes: [change]})
    return
  }
  const file = change.action === 'create' ? undefined : change.before.source?.file
  if (file === undefined || file === '-') {
    const real = await newFile(targets, change.id, root)
    targets.set(real, {real, source: null, changes: [change]})
    return
  }
  const real = (await root.holds(file)) ?? (await root.resolve(relativeName(file, place.from)))
  const known = targets.get(real)
  if (known !== undefined && known.source !== file)
    throw sameTarget(root.shown(real), known.source ?? describe(change.id), file)
  targets.set(real, {real, source: file, changes: [...(known?.changes ?? []), change]})
}

/** The path of a new object's file: the longer one where an object of another group has taken the name. */
async function newFile(targets: ReadonlyMap<string, Target>, id: ObjectId, root: Root): Promise<string> {
  const real = await root.resolve(newFileName(id))
  const text = await textOf(real)
  const [other] = text === null ? [] : objectsIn(text, real, id)
  const taken = targets.has(real) || (other !== undefined && objectKey(other.id) !== objectKey(id))
  return taken ? root.resolve(longFileName(id)) : real
}

async function planTarget(target: Target, root: Root): Promise<PlannedFile> {
  const path = root.shown(target.real)
  const before = await textOf(target.real)
  const {source, changes} = target
  const [first] = changes
  if (first !== undefined && isFileless(first))
    return {path, real: target.real, before, after: patchText(first, before, path)}
  if (source === null) return {path, real: target.real, before, after: newObjectText(changes, before, path)}
  const text = await textOf(source)
  for (const change of changes) {
    const read = change.action === 'create' ? null : change.before.source
    if (read !== null && (text === null || !stillHolds(text, read))) throw changedOnDisk(source)
  }
  const untouched = before === null || before === text
  const after = untouched
    ? edit(text ?? '', changes.map(editOf), path)
    : edit(before, rebased(changes, before, path), path)
  // Of a file elsewhere that is left empty there is nothing to write here.
  return {path, real: target.real, before, after}
}

function newObjectText(changes: readonly Change[], existing: string | null, path: string): string | null {
  const [change] = changes
  if (change === undefined) return existing
  if (existing !== null) return edit(existing, rebased([change], existing, path), path)
  if (change.action === 'delete') return null
  const text = (change.action === 'create' ? change.yaml : undefined) ?? toYaml(change.after)
  const objects = objectsIn(text, path, change.id)
  if (objects.length === 1 && equalJson(objects[0]?.value, change.after)) return text
  return checked(toYaml(change.after), [change.after], path)
}

interface Edit extends ObjectEdit {
  readonly id: ObjectId
}

function editOf(change: Change): Edit {
  if (change.action === 'create' || change.before.source === null)
    throw new Error('only an object of a file is edited in it')
  return {
    id: change.id,
    source: change.before.source,
    before: change.before.value,
    after: change.action === 'update' ? change.after : null,
  }
}

/** The same changes for a file that an earlier step has changed already: what differs there otherwise stays. */
function rebased(changes: readonly Change[], text: string, path: string): readonly Edit[] {
  return changes.flatMap((change): readonly Edit[] => {
    const theirs = objectsIn(text, path, change.id).find(object => sameObject(object.id, change.id))
    if (theirs?.source == null) {
      if (change.action === 'delete') return []
      throw conflict(path, `does not hold ${describe(change.id)}`)
    }
    const base = change.action === 'create' ? undefined : change.before.value
    const mine = change.action === 'delete' ? undefined : change.after
    const {value, conflicts} = threeWay(base, mine, theirs.value)
    if (conflicts.length > 0)
      throw conflict(
        path,
        `holds another ${describe(change.id)}: ${conflicts.map(formatPath).join(', ') || 'the whole object'} differs`,
      )
    return [
      {id: change.id, source: theirs.source, before: theirs.value, after: isRecord(value) ? value : null},
    ]
  })
}

function edit(text: string, edits: readonly Edit[], path: string): string | null {
  const needed = edits.filter(({before, after}) => !equalJson(before, after ?? undefined))
  if (needed.length === 0) return text
  const result = editFile(text, needed)
  const touched = new Set(needed.map(({source}) => placeOf(source)))
  const others = objectsIn(text, path).filter(({source}) => source === null || !touched.has(placeOf(source)))
  const expected = [
    ...others.map(({value}) => value),
    ...needed.flatMap(({after}) => (after === null ? [] : [after])),
  ]
  return result === null ? null : checked(result, expected, path)
}

function placeOf({startOffset, prefix}: Source): string {
  return `${startOffset} ${formatPath(prefix)}`
}

/** A text that holds exactly these objects. */
function checked(text: string, expected: readonly JsonObject[], path: string): string {
  const left = objectsIn(text, path).map(({value}) => value)
  for (const value of expected) {
    const index = left.findIndex(found => equalJson(found, value))
    if (index === -1) throw cannotEdit(path)
    left.splice(index, 1)
  }
  if (left.length > 0) throw cannotEdit(path)
  return text
}

function objectsIn(text: string, path: string, id?: ObjectId): readonly KubeObject[] {
  const defaults = id === undefined || id.namespace === '' ? {} : {defaultNamespace: id.namespace}
  return parseText(text, path, defaults).objects
}

function changedOnDisk(file: string): MeshctlError {
  return new MeshctlError('refused', `${file} has changed since it was read; nothing was written`, {
    try: ['run the same command again'],
    file,
  })
}

function sameTarget(path: string, one: string, other: string): MeshctlError {
  return new MeshctlError('refused', `${one} and ${other} would both be written to ${path}`, {
    try: ['give --from the directory above both', 'write them to two directories, one after the other'],
    found: path,
  })
}

function conflict(path: string, why: string): MeshctlError {
  return new MeshctlError('refused', `${path} is there already and ${why}; nothing was written`, {
    try: [`add --from ${path}, so that the plan starts from what it says`, `rm ${path}`],
    file: path,
  })
}

function cannotEdit(path: string): MeshctlError {
  return new MeshctlError(
    'refused',
    `${path} can't be edited so that only the planned objects change; nothing was written`,
    {
      try: ['split the file into one document for each object', 'meshctl adopt --dry-run'],
      file: path,
    },
  )
}
