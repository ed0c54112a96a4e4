import {readdir} from 'node:fs/promises'
import {join} from 'node:path'
import {flag, isRecord, number, text} from '../objects/json.ts'
import type {Json, JsonObject, ObjectId} from '../objects/object.ts'
import {ledgerSchema} from './ledger-entry.ts'
import type {LedgerChange, LedgerEntry} from './ledger-entry.ts'
import {holdsPatch, patchFileName} from './object-patch.ts'
import {Root, textOf} from './target.ts'
import type {PlannedFile} from './write.ts'

/** An ending that `kubectl apply -R` doesn't read, in a directory that it passes over by no rule of its own. */
const ending = '.ledger'
const folder = join('.meshctl', 'ledger')

export interface Ledger {
  /** Oldest first. */
  readonly entries: readonly LedgerEntry[]
  /** Files that hold no entry: cut short, or written by something else. */
  readonly damaged: readonly {readonly file: string; readonly reason: string}[]
}

/** The entry as a file, to be written together with the files of its step. */
export async function planEntry(entry: LedgerEntry, dir: string): Promise<PlannedFile> {
  const root = await Root.of(dir)
  const real = await root.resolve(join(folder, `${entry.id}${ending}`))
  return {
    path: root.shown(real),
    real,
    before: await textOf(real),
    after: `${JSON.stringify(entry, null, 2)}\n`,
  }
}

/** The ledger of a directory that changes are written to; empty where nothing was written yet. */
export async function readLedger(dir: string): Promise<Ledger> {
  const entries: LedgerEntry[] = []
  const damaged: {file: string; reason: string}[] = []
  for (const name of await namesIn(join(dir, folder))) {
    const file = join(dir, folder, name)
    const read = readEntry(await textOf(file).catch(() => null))
    if (typeof read === 'string') damaged.push({file, reason: read})
    else entries.push(read)
  }
  return {entries: entries.sort((a, b) => (a.id < b.id ? -1 : 1)), damaged}
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).filter(name => name.endsWith(ending)).sort()
  } catch {
    return []
  }
}

/** The entry in a text, or what is wrong with it. */
function readEntry(content: string | null): LedgerEntry | string {
  if (content === null) return 'it cannot be read'
  const value = parsed(content)
  if (!isRecord(value)) return 'it is no JSON object: the file was cut short, or edited'
  if (value['schema'] !== ledgerSchema) return `its schema is not ${ledgerSchema}`
  const [id, time, phase] = [text(value['id']), text(value['time']), value['phase']]
  if (id === undefined || time === undefined || !isRecord(phase) || !Array.isArray(value['changes']))
    return 'it lacks id, time, phase or changes'
  const changes = (value['changes'] as readonly Json[]).map(readChange)
  if (!changes.every(change => change !== null)) return 'one of its changes is not whole'
  return {
    schema: ledgerSchema,
    id,
    time,
    who: text(value['who']) ?? '',
    capability: text(value['capability']) ?? null,
    stage: text(value['stage']) ?? null,
    command: text(value['command']) ?? '',
    state: 'written',
    phase: {
      index: number(phase['index']) ?? 0,
      of: number(phase['of']) ?? 1,
      title: text(phase['title']) ?? '',
    },
    changes,
  }
}

function readChange(value: Json): LedgerChange | null {
  if (!isRecord(value)) return null
  const {action, before, after, object} = value
  const id = isRecord(object) ? readId(object) : null
  if (id === null || (action !== 'create' && action !== 'update' && action !== 'delete')) return null
  const withheld = flag(value['withheld']) ?? false
  const whole =
    withheld || ((action === 'create' || isRecord(before)) && (action === 'delete' || isRecord(after)))
  if (!whole) return null
  return {
    action,
    object: id,
    reason: text(value['reason']) ?? '',
    file: text(value['file']) ?? null,
    before: isRecord(before) ? before : null,
    after: isRecord(after) ? after : null,
    afterHash: text(value['afterHash']) ?? null,
    withheld,
    ...(isRecord(value['patch']) ? {patch: value['patch']} : {}),
  }
}

/** Whether the patch that a step wrote into a directory still stands there. */
export async function patchesStanding(
  entry: LedgerEntry,
  dir: string,
): Promise<(change: LedgerChange) => boolean> {
  const standing = new Set<LedgerChange>()
  for (const change of entry.changes) {
    const text = change.patch === undefined ? null : await textOf(join(dir, patchFileName(change.object)))
    if (text !== null && change.patch !== undefined && holdsPatch(text, change.patch)) standing.add(change)
  }
  return change => standing.has(change)
}

function readId(value: JsonObject): ObjectId | null {
  const [apiVersion, kind, name] = [text(value['apiVersion']), text(value['kind']), text(value['name'])]
  if (apiVersion === undefined || kind === undefined || name === undefined) return null
  return {
    cluster: text(value['cluster']) ?? '',
    apiVersion,
    kind,
    namespace: text(value['namespace']) ?? '',
    name,
  }
}

function parsed(content: string): Json | undefined {
  try {
    return JSON.parse(content) as Json
  } catch {
    return undefined
  }
}
