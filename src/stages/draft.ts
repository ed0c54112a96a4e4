import {isRecord, record} from '../objects/json.ts'
import type {JsonObject, KubeObject, ObjectId} from '../objects/object.ts'
import type {Change, ChangeSet, Note, Phase} from '../changes/change-set.ts'
import type {Filled} from './template.ts'

interface Entry {
  readonly before: KubeObject | null
  readonly id: ObjectId
  /** Null where it is deleted. */
  after: JsonObject | null
  yaml: string | null
  readonly reasons: string[]
}

/**
 * A change set while it is put together. Two subjects may share an object (one DestinationRule, one Telemetry of a
 * namespace): edits of the same object build on each other and become one change.
 */
export class Draft {
  readonly #phases = new Map<string, Map<string, Entry>>()
  readonly #notes: Note[] = []

  /** Edits an object of the input as this draft has it so far; an edit which changes nothing is no change. */
  update(phase: string, before: KubeObject, why: string, edit: (value: JsonObject) => JsonObject): void {
    const entries = this.#entries(phase)
    const key = keyOf(before.id)
    const entry = entries.get(key) ?? {before, id: before.id, after: before.value, yaml: null, reasons: []}
    if (entry.after === null) return
    const after = edit(entry.after)
    if (same(after, entry.after)) return
    entries.set(key, {...entry, after, yaml: null, reasons: [...new Set([...entry.reasons, why])]})
  }

  create(phase: string, filled: Filled, why: string): void {
    const id = idOf(filled.value)
    const entries = this.#entries(phase)
    const key = keyOf(id)
    const entry = entries.get(key)
    if (entry === undefined)
      entries.set(key, {before: null, id, after: filled.value, yaml: filled.yaml, reasons: [why]})
    else if (!entry.reasons.includes(why)) entry.reasons.push(why)
  }

  /** Deletes an object; what this phase would have changed in it goes with it. */
  remove(phase: string, before: KubeObject, why: string): void {
    const entries = this.#entries(phase)
    const entry = entries.get(keyOf(before.id))
    const reasons = [...new Set([...(entry?.reasons ?? []), why])]
    entries.set(keyOf(before.id), {before, id: before.id, after: null, yaml: null, reasons})
  }

  /** Whether this draft makes an object of this name; a name can be taken only once. */
  creates(id: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): boolean {
    return [...this.#phases.values()].some(entries => entries.has(keyOf(id)))
  }

  note(note: Note): void {
    if (!this.#notes.some(known => known.title === note.title && known.text === note.text))
      this.#notes.push(note)
  }

  finish(): ChangeSet {
    const phases = [...this.#phases].map(([title, entries]): Phase => ({
      title,
      changes: [...entries.values()].map(changeOf),
    }))
    return {phases: phases.filter(phase => phase.changes.length > 0), notes: this.#notes}
  }

  /** Phases come in the order in which they are first named. */
  phase(title: string): void {
    this.#entries(title)
  }

  #entries(phase: string): Map<string, Entry> {
    const entries = this.#phases.get(phase) ?? new Map<string, Entry>()
    this.#phases.set(phase, entries)
    return entries
  }
}

function changeOf({before, id, after, yaml, reasons}: Entry): Change {
  const reason = reasons.join('; ')
  if (after === null) {
    if (before === null) throw new Error('only what is there can be deleted')
    return {action: 'delete', id, before, reason}
  }
  if (before !== null) return {action: 'update', id, before, after, reason}
  return yaml === null ? {action: 'create', id, after, reason} : {action: 'create', id, after, reason, yaml}
}

function keyOf({kind, namespace, name}: Pick<ObjectId, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`
}

function idOf(value: JsonObject): ObjectId {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : record(undefined)
  const text = (field: unknown): string => (typeof field === 'string' ? field : '')
  return {
    cluster: '',
    apiVersion: text(value['apiVersion']),
    kind: text(value['kind']),
    namespace: text(metadata['namespace']),
    name: text(metadata['name']),
  }
}

function same(a: JsonObject, b: JsonObject): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
