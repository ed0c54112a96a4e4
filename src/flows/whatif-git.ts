import {equalJson} from '../changes/json-equality.ts'
import {MeshctlError} from '../cli/error.ts'
import type {Gap} from '../mesh/mesh.ts'
import {objectKey} from '../objects/identity.ts'
import type {KubeObject} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import {idAnswer, objectAnswer} from './answers.ts'
import type {ObjectAnswer} from './answers.ts'
import {loadRevision, revision} from './git-tree.ts'
import type {Revision} from './git-tree.ts'
import type {Input} from './load-input.ts'
import {compareMeshes} from './whatif.ts'
import type {WhatifResult} from './whatif.ts'

export interface ReplayedChange {
  readonly from: Revision
  readonly to: Revision
  readonly changes: readonly {
    readonly action: 'create' | 'update' | 'delete'
    readonly object: ObjectAnswer
  }[]
}

export type WhatifGitResult = WhatifResult & {readonly git: ReplayedChange}

/**
 * Replays a change of a repository's history: which calls worked by the manifests of one commit and fail by those of
 * another. Both are read from git's own store; what is checked out is neither used nor touched. What only people know
 * (meshctl.yaml) is taken as it is today.
 */
export async function whatifGit(input: Input, range: string, cwd: string): Promise<WhatifGitResult> {
  const [from, to] = revisionsOf(range, cwd)
  const [before, after] = [await treeAt(from, input.from, cwd), await treeAt(to, input.from, cwd)]
  const mesh = (objects: readonly KubeObject[]) =>
    input.rebuild(input.base.length === 0 ? objects : overlay(input.base, objects))
  const changes = changesBetween(before.objects, after.objects)
  const result = compareMeshes(input, mesh(before.objects), mesh(after.objects), {
    applied: changes.filter(({action}) => action !== 'delete').length,
    deleted: changes.filter(({action}) => action === 'delete').length,
  })
  return {...result, gaps: [...result.gaps, ...before.gaps, ...after.gaps], git: {from, to, changes}}
}

/** `A..B`; without B up to HEAD. */
function revisionsOf(range: string, cwd: string): readonly [Revision, Revision] {
  const [from = '', to, more] = range.split('..')
  if (from === '' || to === undefined || more !== undefined || to.startsWith('.')) {
    throw new MeshctlError('invalid-value', `--git takes two commits as A..B, not "${range}".`, {
      try: [
        'meshctl whatif --git HEAD~1..HEAD --from DIR',
        'meshctl whatif --git main..my-branch --from DIR',
      ],
      found: range,
    })
  }
  return [revision(from, cwd), revision(to === '' ? 'HEAD' : to, cwd)]
}

interface Tree {
  readonly objects: readonly KubeObject[]
  /** Files of which a part could not be read: history holds those too. */
  readonly gaps: readonly Gap[]
}

async function treeAt(at: Revision, from: readonly string[], cwd: string): Promise<Tree> {
  const label = (_given: string, path: string): string => `${at.name}:${path}`
  const {objects, problems} = await loadRevision(at, from, {cwd, label})
  return {
    objects,
    gaps: problems.map(({file, line, message}) => ({
      kind: `${file}:${line}`,
      namespace: '',
      reason: message,
    })),
  }
}

function changesBetween(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): ReplayedChange['changes'] {
  const old = new Map(before.map(object => [objectKey(object.id), object]))
  const fresh = new Set(after.map(object => objectKey(object.id)))
  const written = after.flatMap((object): ReplayedChange['changes'] => {
    const was = old.get(objectKey(object.id))
    if (was === undefined) return [{action: 'create', object: objectAnswer(object)}]
    return equalJson(was.value, object.value) ? [] : [{action: 'update', object: objectAnswer(object)}]
  })
  const gone = before.filter(object => !fresh.has(objectKey(object.id)))
  return [...written, ...gone.map(object => ({action: 'delete' as const, object: idAnswer(object.id)}))]
}
