import {readFileSync, realpathSync} from 'node:fs'

import {isJson} from '../changes/edit-json.ts'
import {editFile, stillHolds} from '../changes/edit-file.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import {equalJson} from '../changes/json-equality.ts'
import {writeFiles} from '../changes/write.ts'
import type {PlannedFile} from '../changes/write.ts'
import {MeshctlError} from '../cli/error.ts'
import type {Mesh} from '../mesh/mesh.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {parseText} from '../objects/parse.ts'
import type {Finding, FixedFinding, FixSummary} from '../vet/finding.ts'
import type {Input} from './load-input.ts'
import {alterations, changesOf, inBatches, placeOf} from './vet-apply.ts'
import {callName, harmOf, sortByHarm} from './vet-safety.ts'
import type {Ground} from './vet-safety.ts'

export interface FixRequest {
  /** Whether, after those, fixes are made too that change what happens. */
  readonly unsafe: boolean
  /** The findings that would be reported of a mesh. */
  readonly report: (mesh: Mesh) => readonly Finding[]
}

/** What is known of the files while fixes are made, one round after the other. */
interface Work extends Ground {
  /** The texts of the files that were looked at, as they are going to be; null: the file goes. */
  readonly texts: Map<string, string | null>
  readonly fixed: FixedFinding[]
  /** What was fixed, which is not fixed again. */
  readonly done: ReadonlySet<string>
  /** What cannot be fixed as things are; another fix may change that. */
  readonly refused: ReadonlySet<string>
}

/** A repair may uncover the next one; more than this many in a row nobody has seen. */
const mostRounds = 100

/**
 * Makes the fixes that are safe on this very mesh (or all, where that is asked for) in the files that the objects were
 * read from: all of them or none, and nothing else in them changes.
 */
export function makeFixes(input: Input, request: FixRequest): FixSummary {
  refuseUnfixable(input)
  let work: Work = {
    objects: input.objects,
    mesh: input.mesh,
    rebuild: input.rebuild,
    texts: new Map(),
    fixed: [],
    done: new Set(),
    refused: new Set(),
  }
  for (const unsafe of request.unsafe ? [false, true] : [false]) {
    for (let round = 0; round < mostRounds; round++) {
      const next = fixOnce(work, input, {...request, unsafe})
      if (next === null) break
      work = next
    }
    work = {...work, refused: new Set()}
  }
  const files = plannedFiles(work.texts)
  writeFiles(files)
  return {
    fixed: work.fixed,
    files: files.map(({path}) => path),
    calls: work.fixed.length === 0 ? [] : harmOf(input.mesh, work.mesh).map(callName),
  }
}

/** Only files can be edited. */
function refuseUnfixable({from}: Input): void {
  const why =
    from.length === 0
      ? 'a cluster is read, which vet never writes to'
      : from.includes('-')
        ? 'standard input is no file that could be edited'
        : null
  if (why === null) return
  throw new MeshctlError('invalid-value', `--fix edits files, and ${why}.`, {
    try: ['meshctl vet DIR --fix, with the directory or the files that the manifests stand in'],
  })
}

/** One round: the fixes that can be made side by side. Null where none can. */
function fixOnce(work: Work, input: Input, {unsafe, report}: FixRequest): Work | null {
  const own = new Set(input.files)
  const wanted = report(work.mesh).filter(
    finding =>
      !work.done.has(nameOf(finding)) &&
      !work.refused.has(nameOf(finding)) &&
      isFixable(finding, own, unsafe),
  )
  const [batch] = inBatches(wanted)
  if (batch === undefined) return null
  let chosen = unsafe ? batch : sortByHarm(work, batch).safe
  while (chosen.length > 0) {
    const texts = new Map(work.texts)
    const stuck = editTexts(chosen, texts)
    if (stuck.size === 0) return advance(work, texts, {made: chosen, kind: unsafe ? 'unsafe' : 'safe'})
    chosen = chosen.filter(finding => !filesOf(finding).some(file => stuck.has(file)))
  }
  return {...work, refused: new Set([...work.refused, ...batch.map(nameOf)])}
}

/** Two copies of an object have findings of one fingerprint. */
function nameOf({fingerprint, file}: Finding): string {
  return `${fingerprint} ${file ?? ''}`
}

function isFixable({fix, file}: Finding, own: ReadonlySet<string>, unsafe: boolean): boolean {
  if (fix === null || fix.changes.length === 0) return false
  if (fix.kind !== 'safe' && !(unsafe && fix.kind === 'unsafe')) return false
  return fix.changes.every(change => {
    // What a snapshot holds of an object is not the whole of it.
    if (change.action === 'create') return file !== null && own.has(file)
    const {source} = change.before
    return source !== null && own.has(source.file) && source.prefix[0] !== 'objects'
  })
}

function filesOf(finding: Finding): readonly string[] {
  return changesOf([finding]).map(change =>
    change.action === 'create' ? (finding.file ?? '') : (change.before.source?.file ?? ''),
  )
}

/** The state after fixes: objects as they are read from the new texts, so that the next round sees true places. */
function advance(
  work: Work,
  texts: Work['texts'],
  {made, kind}: {readonly made: readonly Finding[]; readonly kind: FixedFinding['kind']},
): Work {
  const touched = new Set(made.flatMap(filesOf))
  const fresh = new Map([...touched].map(file => [file, objectsIn(texts.get(file) ?? '', file)] as const))
  const placed = new Set<string>()
  const objects = work.objects.flatMap((object): readonly KubeObject[] => {
    const file = object.source?.file ?? ''
    const now = fresh.get(file)
    if (now === undefined) return [object]
    if (placed.has(file)) return []
    placed.add(file)
    return now
  })
  const fixed = made.map(({rule, severity, message, object, file, line, fix}) => ({
    rule,
    severity,
    message,
    object,
    file,
    line,
    description: fix?.description ?? '',
    kind,
  }))
  return {
    ...work,
    objects,
    mesh: work.rebuild(objects),
    texts,
    fixed: [...work.fixed, ...fixed],
    done: new Set([...work.done, ...made.map(nameOf)]),
    refused: new Set(),
  }
}

// --- texts -----------------------------------------------------------------------------------

/** Edits the texts of files; gives those that cannot be edited so that only the objects meant change. */
function editTexts(findings: readonly Finding[], texts: Work['texts']): ReadonlySet<string> {
  const byPlace = alterations(findings)
  const altered = [...byPlace.values()]
  const stuck = new Set<string>()
  for (const file of new Set(findings.flatMap(filesOf))) {
    const before = texts.get(file) ?? readFileSync(file, 'utf8')
    const edits = altered.flatMap(({object, after}) =>
      object.source?.file === file ? [{source: object.source, before: object.value, after}] : [],
    )
    const made = findings.flatMap(finding =>
      finding.file === file
        ? changesOf([finding]).flatMap(change => (change.action === 'create' ? [change] : []))
        : [],
    )
    if (!edits.every(({source}) => stillHolds(before, source))) throw changedMeanwhile(file)
    const edited = edits.length === 0 ? before : editFile(before, edits)
    const after = withDocuments(
      edited,
      made.map(change => change.yaml ?? toYaml(change.after)),
    )
    const expected = [
      ...objectsIn(before, file).flatMap(object => {
        const change = byPlace.get(placeOf(object))
        return change === undefined ? [object.value] : change.after === null ? [] : [change.after]
      }),
      ...made.map(change => change.after),
    ]
    if (made.length > 0 && isJson(before)) stuck.add(file)
    else if (!holdsExactly(after ?? '', file, expected)) stuck.add(file)
    else texts.set(file, after)
  }
  return stuck
}

/** New objects stand behind what was there. */
function withDocuments(text: string | null, documents: readonly string[]): string | null {
  if (documents.length === 0) return text
  const lead = text === null || text.trim() === '' ? '' : text.endsWith('\n') ? text : `${text}\n`
  const start = lead === '' || lead.trimEnd().endsWith('\n---') ? lead : `${lead}---\n`
  return start + documents.map(document => document.replace(/\n*$/, '\n')).join('---\n')
}

function holdsExactly(text: string, file: string, expected: readonly JsonObject[]): boolean {
  const left: JsonObject[] = objectsIn(text, file).map(({value}) => value)
  for (const value of expected) {
    const index = left.findIndex(found => equalJson(found, value))
    if (index === -1) return false
    left.splice(index, 1)
  }
  return left.length === 0
}

function objectsIn(text: string, file: string): readonly KubeObject[] {
  return parseText(text, file).objects
}

function plannedFiles(texts: Work['texts']): readonly PlannedFile[] {
  const planned = new Map<string, PlannedFile>()
  for (const [path, after] of texts) {
    const real = realpathSync(path)
    const before = readFileSync(real, 'utf8')
    const other = planned.get(real)
    if (other !== undefined) throw oneFile(other.path, path)
    if (before !== after) planned.set(real, {path, real, before, after})
  }
  return [...planned.values()]
}

function changedMeanwhile(file: string): MeshctlError {
  return new MeshctlError('refused', `${file} has changed since it was read; nothing was written.`, {
    try: ['Run the same command again.'],
    file,
  })
}

function oneFile(one: string, other: string): MeshctlError {
  return new MeshctlError('refused', `${one} and ${other} are one file; nothing was written.`, {
    try: ['Give each file once.'],
    file: other,
  })
}
