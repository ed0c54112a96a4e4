import type {Change} from '../changes/change-set.ts'
import type {Mesh} from '../mesh/mesh.ts'
import {record, text, textMap} from '../objects/json.ts'
import type {KubeObject, Source} from '../objects/object.ts'
import {removing, setting} from './edits.ts'
import type {Spot, Suppressed} from './finding.ts'
import type {Rule} from './rule.ts'

/** Somebody's word, in a manifest, that a rule should be silent there. */
export interface Suppression {
  readonly by: Suppressed['by']
  readonly ids: readonly string[]
  readonly reason: string | null
  readonly object: KubeObject
  /** The line from 1 that a comment speaks about; null for annotations, which speak about their object. */
  readonly line: number | null
  /** Where a comment itself stands. */
  readonly spot: Spot | null
}

const annotation = 'meshctl.dev/ignore'
const istioAnnotation = 'galley.istio.io/analyze-suppress'
const kialiAnnotation = 'kiali.io/ignore-validations'
const marker = 'meshctl-ignore-next-line'
const comment = new RegExp(`^\\s*#\\s*${marker}\\s+(.+?)\\s*$`)

type Named = Pick<Rule, 'id' | 'formerIds' | 'equivalents'>

/** The suppressions of an input, which remember what they were used for. */
export interface UsedSuppressions {
  /** The one that silences a rule at a place, or null. */
  use(rule: Named, object: KubeObject, spot: Spot): Suppression | null
  /** Those in meshctl's own words that silenced nothing, by the rule that they name. */
  unused(): readonly (readonly [Suppression, string])[]
}

export function readSuppressions(mesh: Mesh): UsedSuppressions {
  const annotations = new Map<KubeObject, readonly Suppression[]>()
  const comments = new Map<string, Suppression[]>()
  const documents = new Set<string>()
  for (const object of mesh.objects()) {
    const found = readAnnotations(object)
    if (found.length > 0) annotations.set(object, found)
    if (object.source === null || !object.source.text.includes(marker)) continue
    const key = `${object.source.document}#${object.source.file}`
    if (documents.has(key)) continue
    documents.add(key)
    comments.set(object.source.file, [
      ...(comments.get(object.source.file) ?? []),
      ...readComments(object, object.source),
    ])
  }
  const all = [...[...annotations.values()].flat(), ...[...comments.values()].flat()]
  const used = new Map(all.map(one => [one, new Set<string>()]))
  return {
    use(rule, object, spot) {
      const above =
        spot.file === null ? [] : (comments.get(spot.file) ?? []).filter(one => one.line === spot.line)
      const found = [...above, ...(annotations.get(object) ?? [])].find(one => speaksOf(one, rule)) ?? null
      if (found !== null) for (const id of [rule.id, ...rule.formerIds]) used.get(found)?.add(id)
      return found
    },
    unused() {
      const own = all.filter(({by}) => by !== 'foreign-annotation')
      return own.flatMap(one =>
        one.ids.filter(id => used.get(one)?.has(id) === false).map(id => [one, id] as const),
      )
    },
  }
}

function speaksOf(suppression: Suppression, rule: Named): boolean {
  if (suppression.by !== 'foreign-annotation')
    return [rule.id, ...rule.formerIds].some(id => suppression.ids.includes(id))
  return rule.equivalents.some(code =>
    suppression.ids.some(id => id === code || (id.endsWith('*') && code.startsWith(id.slice(0, -1)))),
  )
}

function readAnnotations(object: KubeObject): readonly Suppression[] {
  const annotations = textMap(record(object.value['metadata'])['annotations'])
  const base = {object, line: null, spot: null}
  const found: Suppression[] = []
  for (const item of (annotations[annotation] ?? '').split(/[;\n]/)) {
    const [id, ...words] = item.trim().split(/\s+/)
    if (id !== undefined && id !== '')
      found.push({...base, by: 'annotation', ids: [id], reason: reasonOf(words.join(' '))})
  }
  const codes = (annotations[istioAnnotation] ?? '')
    .split(',')
    .map(code => code.trim())
    .filter(code => code !== '')
  // `*` is every message of istioctl, and only of istioctl: what it cannot see was not meant.
  if (codes.length > 0)
    found.push({
      ...base,
      by: 'foreign-annotation',
      ids: codes.map(code => (code === '*' ? 'IST*' : code)),
      reason: istioAnnotation,
    })
  const ignored = annotations[kialiAnnotation]
  if (ignored !== undefined) {
    const listed = ignored
      .split(',')
      .map(code => code.trim())
      .filter(code => code !== '')
    found.push({
      ...base,
      by: 'foreign-annotation',
      ids: listed.length === 0 ? ['KIA*'] : listed,
      reason: kialiAnnotation,
    })
  }
  return found
}

function readComments(object: KubeObject, source: Source): readonly Suppression[] {
  const lines = source.text.split(/\r?\n/)
  return lines.flatMap((line, index): readonly Suppression[] => {
    const said = comment.exec(line)?.[1]
    if (said === undefined) return []
    const next = lines.findIndex((one, position) => position > index && !/^\s*(#|$)/.test(one))
    const [ids, reason] = split(said)
    const number = source.startLine + index + 1
    const column = line.indexOf('#') + 1
    const spot = {file: source.file, line: number, column, endLine: number, endColumn: line.length + 1}
    return [
      {by: 'comment', ids, reason, object, line: next === -1 ? null : source.startLine + next + 1, spot},
    ]
  })
}

/** `rule-a, rule-b -- why`. */
function split(said: string): readonly [readonly string[], string | null] {
  const dashes = /(^|\s)--\s/.exec(said)
  const ids = (dashes === null ? said : said.slice(0, dashes.index)).split(/[\s,]+/).filter(id => id !== '')
  return [ids, dashes === null ? null : reasonOf(said.slice(dashes.index + dashes[0].length))]
}

function reasonOf(words: string): string | null {
  const reason = words.replace(/^--\s*/, '').trim()
  return reason === '' ? null : reason
}

/** The path of the annotation of meshctl, for a finding about it. */
export const annotationPath = ['metadata', 'annotations', annotation] as const

/** The change that takes one rule out of an object's annotation, and with the last one the annotation. */
export function withoutSuppression(object: KubeObject, id: string): Change {
  const annotations = record(record(object.value['metadata'])['annotations'])
  const value = text(annotations[annotation]) ?? ''
  const left = value.split(/[;\n]/).filter(item => item.trim() !== '' && item.trim().split(/\s+/)[0] !== id)
  const reason = `nothing is reported by ${id} here`
  if (left.length > 0)
    return setting(object, annotationPath, left.join(value.includes('\n') ? '\n' : ';').trim(), reason)
  const alone = Object.keys(annotations).length === 1
  return removing(object, alone ? annotationPath.slice(0, 2) : annotationPath, reason)
}
