import {blastRadius} from '../changes/blast-radius.ts'
import type {ChangedEdge} from '../changes/blast-radius.ts'
import type {Mesh} from '../mesh/mesh.ts'
import type {KubeObject} from '../objects/object.ts'
import type {Finding, VetResult} from '../vet/finding.ts'
import type {Input} from './load-input.ts'
import {inBatches, objectsAfter} from './vet-apply.ts'

/** What fixes are judged by: the mesh as it is, and the one that other objects would make. */
export interface Ground {
  readonly objects: readonly KubeObject[]
  readonly mesh: Mesh
  rebuild(objects: readonly KubeObject[]): Mesh
}

/**
 * The calls for which a change is not safe: those that work and change in any way, for the better too, and those of
 * which it could be told what happens and no longer can (decisions 10).
 */
export function harmOf(before: Mesh, after: Mesh): readonly ChangedEdge[] {
  const {broken, changed, unknown, improved} = blastRadius(before, after)
  return [
    ...broken,
    ...unknown.filter(edge => edge.before.result !== 'unknown'),
    ...changed.filter(edge => edge.before.result !== 'fails'),
    ...improved.filter(edge => edge.before.result === 'ok'),
  ]
}

/** `shop/cart -> orders.shop.svc.cluster.local:80` */
export function callName({client, server}: Pick<ChangedEdge, 'client' | 'server'>): string {
  const from = client.namespace === '' ? client.workload : `${client.namespace}/${client.workload}`
  return `${from} -> ${server.service.host}:${server.port.port}`
}

export interface Sorted {
  /** Those that together change no call that works. */
  readonly safe: readonly Finding[]
  readonly harmful: readonly Harmful[]
}

export interface Harmful {
  readonly finding: Finding
  readonly calls: readonly ChangedEdge[]
}

/** Tells the fixes that may be made together unseen from those that change a call. They must not touch the same spots. */
export function sortByHarm(ground: Ground, findings: readonly Finding[]): Sorted {
  if (findings.length === 0) return {safe: [], harmful: []}
  const objects = objectsAfter(ground.objects, findings)
  const mesh = ground.rebuild(objects)
  const calls = harmOf(ground.mesh, mesh)
  if (calls.length === 0) return {safe: findings, harmful: []}
  const [only] = findings
  if (findings.length === 1 && only !== undefined) return {safe: [], harmful: [{finding: only, calls}]}
  const middle = Math.ceil(findings.length / 2)
  const first = sortByHarm(ground, findings.slice(0, middle))
  const done = objectsAfter(ground.objects, first.safe)
  const second = sortByHarm(
    {...ground, objects: done, mesh: first.safe.length === 0 ? ground.mesh : ground.rebuild(done)},
    findings.slice(middle),
  )
  return {safe: [...first.safe, ...second.safe], harmful: [...first.harmful, ...second.harmful]}
}

/** The result with every fix that a rule holds for safe tried on this very mesh: where it changes a call, it is not. */
export function withTriedFixes(
  result: VetResult,
  input: Pick<Input, 'objects' | 'mesh' | 'rebuild'>,
): VetResult {
  const claimed = result.findings.filter(({fix}) => fix?.kind === 'safe' && fix.changes.length > 0)
  const harmful = new Map(
    inBatches(claimed).flatMap(batch =>
      sortByHarm(input, batch).harmful.map(({finding, calls}) => [finding, calls] as const),
    ),
  )
  if (harmful.size === 0) return result
  return {
    ...result,
    findings: result.findings.map(finding => {
      const calls = harmful.get(finding)
      return calls === undefined ? finding : asUnsafe(finding, calls)
    }),
  }
}

function asUnsafe(finding: Finding, calls: readonly ChangedEdge[]): Finding {
  const names = calls.slice(0, 3).map(callName)
  const more = calls.length > names.length ? ` and ${calls.length - names.length} more` : ''
  return finding.fix === null
    ? finding
    : {...finding, fix: {...finding.fix, kind: 'unsafe', because: `it changes ${names.join(', ')}${more}`}}
}
