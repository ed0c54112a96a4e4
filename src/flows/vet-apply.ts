import type {Change} from '../changes/change-set.ts'
import {idOf, objectKey} from '../objects/identity.ts'
import {formatPath} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import {stepsOf, withSteps} from '../vet/edits.ts'
import type {Step} from '../vet/edits.ts'
import type {Finding} from '../vet/finding.ts'

/** What becomes of one object: its new value, or null where it goes. */
export interface Altered {
  readonly object: KubeObject
  readonly after: JsonObject | null
}

/** Where an object stands: two objects of one name in two files are two. */
export function placeOf({id, source}: KubeObject): string {
  return source === null ? objectKey(id) : `${source.file} ${source.startOffset} ${formatPath(source.prefix)}`
}

export function changesOf(findings: readonly Finding[]): readonly Change[] {
  return findings.flatMap(({fix}) => fix?.changes ?? [])
}

/** What the fixes of findings come to for each object that is there, by place. */
export function alterations(findings: readonly Finding[]): ReadonlyMap<string, Altered> {
  const result = new Map<string, Altered>()
  for (const change of changesOf(findings)) {
    if (change.action === 'create') continue
    const place = placeOf(change.before)
    const value = result.get(place)?.after ?? change.before.value
    const after = change.action === 'delete' ? null : withSteps(value, stepsOf(change))
    result.set(place, {object: change.before, after})
  }
  return result
}

/** The objects as they would be after the fixes of findings that do not touch the same spots. */
export function objectsAfter(
  objects: readonly KubeObject[],
  findings: readonly Finding[],
): readonly KubeObject[] {
  const altered = alterations(findings)
  const kept = objects.flatMap((object): readonly KubeObject[] => {
    const change = altered.get(placeOf(object))
    if (change === undefined) return [object]
    return change.after === null ? [] : [withValue(object, change.after)]
  })
  const made = changesOf(findings).flatMap(change =>
    change.action === 'create' ? [{id: change.id, value: change.after, source: null}] : [],
  )
  return [...kept, ...made]
}

/** As if read again: the version of an object is part of its identity. */
function withValue(object: KubeObject, value: JsonObject): KubeObject {
  return {...object, value, id: idOf(value, {cluster: object.id.cluster}) ?? object.id}
}

/** The findings in groups, of which no two touch the same spot; the first group is the largest that comes first. */
export function inBatches(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const batches: {findings: Finding[]; touched: Map<string, Path[]>}[] = []
  for (const finding of findings) {
    const spots = spotsOf(finding)
    let batch = batches.find(({touched}) => spots.every(([place, path]) => isFree(touched.get(place), path)))
    if (batch === undefined) {
      batch = {findings: [], touched: new Map()}
      batches.push(batch)
    }
    batch.findings.push(finding)
    for (const [place, path] of spots) {
      const paths = batch.touched.get(place)
      if (paths === undefined) batch.touched.set(place, [path])
      else paths.push(path)
    }
  }
  return batches.map(batch => batch.findings)
}

/** The spots that a fix touches; the empty path is the whole object. */
function spotsOf(finding: Finding): readonly (readonly [string, Path])[] {
  return changesOf([finding]).flatMap((change): readonly (readonly [string, Path])[] => {
    if (change.action === 'create') return [[`new ${objectKey(change.id)}`, []]]
    const place = placeOf(change.before)
    if (change.action === 'delete') return [[place, []]]
    return stepsOf(change).map(({path}: Step) => [place, path] as const)
  })
}

function isFree(touched: readonly Path[] | undefined, path: Path): boolean {
  return touched === undefined || !touched.some(other => isWithin(other, path) || isWithin(path, other))
}

function isWithin(outer: Path, inner: Path): boolean {
  return outer.every((step, index) => inner[index] === step)
}
