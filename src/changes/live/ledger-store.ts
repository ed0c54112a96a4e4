import {isRecord, list, record, records, text, textMap} from '../../objects/json.ts'
import type {Json, JsonObject} from '../../objects/object.ts'
import {MeshctlError} from '../../cli/error.ts'
import type {Api} from '../../cluster/api.ts'
import {ApiError} from '../../cluster/api.ts'
import {fieldManager} from '../../cluster/write.ts'
import {ledgerSchema} from '../ledger-entry.ts'
import type {LiveEntry} from './entry.ts'
import {isUnfinished} from './entry.ts'
import {byteParts} from './ledger-parts.ts'

export const ledgerNamespace = 'meshctl-system'
const configMaps = `/api/v1/namespaces/${ledgerNamespace}/configmaps`
const idLabel = 'meshctl.io/ledger-id'
const partLabel = 'meshctl.io/ledger-part'

/** An entry with the version by which a second run that works on it is noticed. */
export interface StoredEntry {
  readonly entry: LiveEntry
  readonly version: string
}

export interface ClusterLedger {
  /** Oldest first. */
  readonly entries: readonly StoredEntry[]
  /** ConfigMaps that hold no whole entry. */
  readonly damaged: readonly {readonly name: string; readonly reason: string}[]
}

/**
 * Writes an entry for the first time. What was before goes first, in parts where one ConfigMap can't hold it, and the
 * entry last: an entry that is there is whole.
 */
export async function addEntry(api: Api, entry: LiveEntry): Promise<StoredEntry> {
  await ensureNamespace(api)
  const {head, images} = split(entry)
  const parts = byteParts(images)
  if (parts.length > 1)
    for (const [index, part] of parts.entries())
      await create(api, configMap(entry, index + 1, {images: part}))
  const data = {
    entry: JSON.stringify(head),
    parts: String(parts.length > 1 ? parts.length : 0),
    ...(parts.length > 1 ? {} : {images}),
  }
  return {entry, version: versionOf(await create(api, configMap(entry, 0, data)))}
}

/** Writes how far an entry came. Throws MeshctlError `refused` where another run wrote to it meanwhile. */
export async function saveEntry(api: Api, {entry, version}: StoredEntry): Promise<StoredEntry> {
  const body = {metadata: {resourceVersion: version}, data: {entry: JSON.stringify(split(entry).head)}}
  try {
    const path = `${configMaps}/${nameOf(entry.id, 0)}`
    const saved = await api.request({
      method: 'PATCH',
      path,
      query: {fieldManager},
      body,
      contentType: 'application/merge-patch+json',
    })
    return {entry, version: versionOf(saved)}
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.status !== 409) throw cause
    throw new MeshctlError('refused', `another run of meshctl is working on step ${entry.id}`, {
      try: ['meshctl history'],
      cause,
    })
  }
}

/** Every entry that the cluster has; none where nothing was ever done. */
export async function listEntries(api: Api): Promise<ClusterLedger> {
  const found: JsonObject[] = []
  let next: string | undefined
  do {
    const query = {labelSelector: idLabel, limit: '100', ...(next === undefined ? {} : {continue: next})}
    const page = await api.request({path: configMaps, query})
    found.push(...records(page['items']))
    next = text(record(page['metadata'])['continue']) || undefined
  } while (next !== undefined)
  const heads = found.filter(one => textMap(record(one['metadata'])['labels'])[partLabel] === '0')
  const read = heads.map(head => readStored(head, found))
  return {
    entries: read
      .flatMap(one => ('entry' in one ? [one] : []))
      .sort((a, b) => (a.entry.id < b.entry.id ? -1 : 1)),
    damaged: read.flatMap(one => ('reason' in one ? [one] : [])),
  }
}

/** One entry. Throws MeshctlError `unknown-name`, with the ids that there are. */
export async function findEntry(api: Api, id: string): Promise<StoredEntry> {
  const {entries, damaged} = await listEntries(api)
  const found = entries.find(({entry}) => entry.id === id)
  if (found !== undefined) return found
  const broken = damaged.find(({name}) => name === nameOf(id, 0))
  throw new MeshctlError(
    'unknown-name',
    broken === undefined
      ? `there is no step ${id} in the ledger`
      : `the ledger's record of step ${id} is damaged: ${broken.reason}`,
    {
      try: ['meshctl history'],
      found: id,
      validOptions: entries.map(({entry}) => entry.id),
    },
  )
}

/** The latest step that was cut short, if there is one: nothing else should be done before it is dealt with. */
export function latestUnfinished({entries}: ClusterLedger): StoredEntry | null {
  return entries.findLast(({entry}) => isUnfinished(entry)) ?? null
}

function nameOf(id: string, part: number): string {
  return `meshctl-ledger-${id}${part === 0 ? '' : `-${part}`}`
}

function configMap(entry: LiveEntry, part: number, data: Readonly<Record<string, string>>): JsonObject {
  const labels = {
    'app.kubernetes.io/managed-by': fieldManager,
    [idLabel]: entry.id,
    [partLabel]: String(part),
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {name: nameOf(entry.id, part), namespace: ledgerNamespace, labels},
    data,
  }
}

function create(api: Api, body: JsonObject): Promise<JsonObject> {
  return api.request({method: 'POST', path: configMaps, query: {fieldManager}, body})
}

function versionOf(value: JsonObject): string {
  return text(record(value['metadata'])['resourceVersion']) ?? ''
}

async function ensureNamespace(api: Api): Promise<void> {
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {name: ledgerNamespace, labels: {'app.kubernetes.io/managed-by': fieldManager}},
  }
  try {
    await api.request({path: `/api/v1/namespaces/${ledgerNamespace}`})
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    await api
      .request({method: 'POST', path: '/api/v1/namespaces', query: {fieldManager}, body})
      .catch((raced: unknown) => {
        if (!(raced instanceof ApiError) || raced.reason !== 'AlreadyExists') throw raced
      })
  }
}

/** The part of an entry that changes while it is carried out, and the big rest that does not. */
function split(entry: LiveEntry): {readonly head: LiveEntry; readonly images: string} {
  const changes = entry.changes.map(change => ({...change, before: null, after: null}))
  return {
    head: {...entry, changes},
    images: JSON.stringify(entry.changes.map(({before, after}) => ({before, after}))),
  }
}

type Read = StoredEntry | {readonly name: string; readonly reason: string}

function readStored(head: JsonObject, all: readonly JsonObject[]): Read {
  const metadata = record(head['metadata'])
  const data = textMap(head['data'])
  const name = text(metadata['name']) ?? ''
  const entry = parsed(data['entry'])
  if (!isRecord(entry) || entry['schema'] !== ledgerSchema || !isEntry(entry))
    return {name, reason: `it holds no entry of schema ${ledgerSchema}`}
  const count = Number(data['parts'] ?? '0')
  const parts = Array.from(
    {length: count},
    (_, index) =>
      textMap(all.find(one => record(one['metadata'])['name'] === nameOf(entry.id, index + 1))?.['data'])[
        'images'
      ],
  )
  const images = parsed(
    count === 0 ? data['images'] : parts.every(part => part !== undefined) ? parts.join('') : undefined,
  )
  if (!Array.isArray(images) || images.length !== entry.changes.length)
    return {name, reason: 'what was before is not whole'}
  const changes = entry.changes.map((change, index) => ({
    ...change,
    ...imageAt(images as readonly Json[], index),
  }))
  return {entry: {...entry, changes}, version: versionOf(head)}
}

function imageAt(
  images: readonly Json[],
  index: number,
): {readonly before: JsonObject | null; readonly after: JsonObject | null} {
  const image = record(images[index])
  const [before, after] = [image['before'], image['after']]
  return {before: isRecord(before) ? before : null, after: isRecord(after) ? after : null}
}

/** Written by meshctl alone; a hand that edited it may have left anything. */
function isEntry(value: JsonObject): value is JsonObject & LiveEntry {
  const changes = list(value['changes'])
  return (
    typeof value['id'] === 'string' &&
    typeof value['state'] === 'string' &&
    Array.isArray(value['phases']) &&
    isRecord(value['phase']) &&
    changes.every(
      change => isRecord(change) && isRecord(change['object']) && typeof change['action'] === 'string',
    )
  )
}

function parsed(json: string | undefined): Json | undefined {
  try {
    return json === undefined ? undefined : (JSON.parse(json) as Json)
  } catch {
    return undefined
  }
}
