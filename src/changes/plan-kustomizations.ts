import {dirname} from 'node:path'
import type {ObjectId} from '../objects/object.ts'
import {kustomizationNames} from '../objects/kustomize.ts'
import {newComponent, resourceName, withPatches, withResources} from './kustomization.ts'
import type {PatchEntry} from './kustomization.ts'
import {textOf} from './target.ts'
import type {Root} from './target.ts'
import type {PlannedFile} from './write.ts'

/** What is to change in one kustomization. */
interface Lists {
  readonly resources: {readonly added: string[]; readonly removed: string[]}
  readonly patches: {readonly added: PatchEntry[]; readonly removed: string[]}
}

/**
 * New files become resources of the kustomization that governs them, and patches its patches; files that go are taken
 * out of it. A patch does nothing alone: where no kustomization governs it, the directory gets one.
 */
export async function planKustomizations(
  files: readonly PlannedFile[],
  patches: ReadonlyMap<string, ObjectId>,
  root: Root,
): Promise<readonly PlannedFile[]> {
  const governed = new Map<string, Lists>()
  const own = await root.resolve('kustomization.yaml')
  const needsOwn = await anyUngoverned(files, patches, root)
  for (const {real, before, after} of files) {
    const patched = patches.get(real)
    if (patched === undefined ? (before === null) === (after === null) : before === null && after === null)
      continue
    const kustomization = (await root.nearest(real, kustomizationNames)) ?? (needsOwn ? own : null)
    if (kustomization === null || kustomization === real) continue
    const lists = governed.get(kustomization) ?? noLists()
    governed.set(kustomization, lists)
    const path = resourceName(dirname(kustomization), real)
    if (after === null) lists[patched === undefined ? 'resources' : 'patches'].removed.push(path)
    else if (patched === undefined) lists.resources.added.push(path)
    else lists.patches.added.push({path, id: patched})
  }
  return Promise.all([...governed].map(([real, lists]) => planned(real, lists, root)))
}

async function planned(real: string, {resources, patches}: Lists, root: Root): Promise<PlannedFile> {
  const before = await textOf(real)
  const path = root.shown(real)
  const text = withResources(before ?? newComponent, path, resources.added, resources.removed)
  return {path, real, before, after: withPatches(text, path, patches.added, patches.removed)}
}

async function anyUngoverned(
  files: readonly PlannedFile[],
  patches: ReadonlyMap<string, ObjectId>,
  root: Root,
): Promise<boolean> {
  for (const {real, after} of files)
    if (after !== null && patches.has(real) && (await root.nearest(real, kustomizationNames)) === null)
      return true
  return false
}

function noLists(): Lists {
  return {resources: {added: [], removed: []}, patches: {added: [], removed: []}}
}
