import {blastRadius} from '../changes/blast-radius.ts'
import {unknownName} from '../cli/suggest.ts'
import type {Gap, Mesh} from '../mesh/mesh.ts'
import {objectKey} from '../objects/identity.ts'
import {loadPaths} from '../objects/load.ts'
import type {KubeObject} from '../objects/object.ts'
import {overlay} from '../objects/overlay.ts'
import type {Input} from './load-input.ts'
import {radiusAnswer} from './radius.ts'
import type {RadiusAnswer} from './radius.ts'

export interface Changes {
  /** Files of objects that would be applied. */
  readonly files: readonly string[]
  /** `KIND/NAMESPACE/NAME` of objects that would be deleted. */
  readonly deletes: readonly string[]
}

export interface WhatifResult {
  /** Edges that change, with their outcomes before and after. */
  readonly edges: readonly (RadiusAnswer['broken'][number] & {
    readonly effect: 'broken' | 'improved' | 'changed' | 'unknown'
  })[]
  readonly summary: {
    readonly broken: number
    readonly improved: number
    readonly changed: number
    readonly unknown: number
    readonly unchanged: number
  }
  readonly applied: number
  readonly deleted: number
  /** What could not be read. */
  readonly gaps: readonly Gap[]
  readonly assumptions: readonly string[]
}

/** Which edges change outcome if these objects are applied, or deleted. */
export async function whatif(input: Input, changes: Changes): Promise<WhatifResult> {
  const {objects: top, problems} = await loadPaths(changes.files)
  input.refuseProblems(problems)
  const gone = new Set(
    changes.deletes.flatMap(asked => matching(input.objects, asked).map(object => objectKey(object.id))),
  )
  const kept = input.objects.filter(object => !gone.has(objectKey(object.id)))
  return compareMeshes(input, input.mesh, input.rebuild(overlay(kept, top)), {
    applied: top.length,
    deleted: gone.size,
  })
}

/** The edges that differ between two meshes, the worst first. */
export function compareMeshes(
  input: Input,
  before: Mesh,
  after: Mesh,
  counts: Pick<WhatifResult, 'applied' | 'deleted'>,
): WhatifResult {
  const radius = radiusAnswer(blastRadius(before, after))
  const effects = ['broken', 'unknown', 'changed', 'improved'] as const
  return {
    edges: effects.flatMap(effect => radius[effect].map(edge => ({...edge, effect}))),
    summary: {
      broken: radius.broken.length,
      improved: radius.improved.length,
      changed: radius.changed.length,
      unknown: radius.unknown.length,
      unchanged: radius.unchanged,
    },
    ...counts,
    gaps: input.mesh.gaps,
    assumptions: input.assumptions,
  }
}

/** `peerauthentication/bookinfo/strict`; `namespace/bookinfo` for what has no namespace. */
function matching(objects: readonly KubeObject[], asked: string): readonly KubeObject[] {
  const [kind = '', ...rest] = asked.split('/')
  const [name, namespace] = rest.reverse()
  const found = objects.filter(
    ({id}) =>
      id.kind.toLowerCase() === kind.toLowerCase() && id.name === name && id.namespace === (namespace ?? ''),
  )
  if (found.length > 0) return found
  const names = objects.map(({id}) => [id.kind, id.namespace, id.name].filter(part => part !== '').join('/'))
  throw unknownName('object', asked, names, ['meshctl whatif --delete KIND/NAMESPACE/NAME'])
}
