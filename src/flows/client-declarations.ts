import {readFile, realpath} from 'node:fs/promises'
import {join, resolve} from 'node:path'

import {diffFile} from '../changes/diff.ts'
import {editFile} from '../changes/edit-file.ts'
import {toYaml} from '../changes/emit-yaml.ts'
import {writeFiles} from '../changes/write-files.ts'
import {MeshctlError} from '../cli/error.ts'
import {unknownName} from '../cli/suggest.ts'
import {isRealDay} from '../config/expiry.ts'
import {readConfigText} from '../config/read.ts'
import type {Client, Mesh} from '../mesh/mesh.ts'
import {list, record, text as textOf, texts} from '../objects/json.ts'
import type {Json, JsonObject} from '../objects/object.ts'
import {findClient} from './explain.ts'
import type {Input} from './load-input.ts'

/** An entry of `clients:`: the complete list of what a client calls; an empty one is nothing. */
export interface NewDeclaration {
  readonly client: string
  readonly calls: readonly string[]
  readonly reason: string
  readonly until: string | null
}

export interface DeclarationsWritten {
  readonly file: string
  readonly declared: readonly NewDeclaration[]
  /** What an import had no use for, and why. */
  readonly skipped: readonly {readonly entry: string; readonly reason: string}[]
  readonly diff: string
  readonly written: boolean
}

export interface DeclareOptions {
  readonly cwd: string
  readonly dryRun: boolean
}

/** Whether `[kind/]namespace/name` of meshctl.yaml means this client. */
export function declares(written: string, client: Client): boolean {
  const [name, namespace, kind] = written.split('/').reverse()
  return (
    client.workload === name &&
    client.namespace === namespace &&
    (kind === undefined ||
      [client.kind, client.of?.kind].some(one => one?.toLowerCase() === kind.toLowerCase()))
  )
}

/** Declares whom a client calls, in place of what was declared of it before. */
export async function declareClient(
  input: Input,
  asked: NewDeclaration,
  options: DeclareOptions,
): Promise<DeclarationsWritten> {
  if (asked.until !== null && !(/^\d{4}-\d{2}-\d{2}$/.test(asked.until) && isRealDay(asked.until)))
    throw badUntil(asked.until)
  if (asked.reason.trim() === '') throw withoutReason()
  const client = writtenName(findClient(input.mesh, asked.client))
  const calls = asked.calls.map(call => checkedCall(input.mesh, call))
  return await writeDeclarations(input, [{...asked, client, calls}], [], options)
}

/** Confirms what manifests or traffic suggest of a client: from now on it is declared to make just these calls. */
export async function confirmClient(
  input: Input,
  asked: Omit<NewDeclaration, 'calls'>,
  options: DeclareOptions,
): Promise<DeclarationsWritten> {
  const client = findClient(input.mesh, asked.client)
  const known = input.mesh.edges().filter(edge => edge.client === client)
  if (known.length === 0) throw nothingToConfirm(writtenName(client))
  const calls = known.map(({server: {service, port}}) => `${service.namespace}/${service.name}:${port.port}`)
  return await declareClient(input, {...asked, calls}, options)
}

/** Writes entries into meshctl.yaml with everything else in it as it was: comments, order, layout. */
export async function writeDeclarations(
  {config, from}: Input,
  declared: readonly NewDeclaration[],
  skipped: DeclarationsWritten['skipped'],
  {cwd, dryRun}: DeclareOptions,
): Promise<DeclarationsWritten> {
  const place = config.file ?? (await newFile(from, cwd))
  const real = await realpath(resolve(cwd, place)).catch(() => resolve(cwd, place))
  const before = config.file === null ? null : await readFile(real, 'utf8')
  const after = declared.length === 0 ? before : edited(before, config.object, declared)
  if (after !== null) await readConfigText(after, place, new Date())
  const changed = after !== null && after !== before
  if (changed && !dryRun) writeFiles([{path: place, real, before, after}])
  return {
    file: place,
    declared,
    skipped,
    diff: changed ? diffFile(place, before, after) : '',
    written: changed && !dryRun,
  }
}

/** Beside the manifests, where meshctl looks first. */
async function newFile(from: readonly string[], cwd: string): Promise<string> {
  const {stat} = await import('node:fs/promises')
  for (const path of from) {
    const found = path === '-' ? null : await stat(resolve(cwd, path)).catch(() => null)
    if (found?.isDirectory() === true) return join(path, 'meshctl.yaml')
  }
  return 'meshctl.yaml'
}

function edited(
  text: string | null,
  object: Input['config']['object'],
  declared: readonly NewDeclaration[],
): string {
  const value = declared.reduce(withEntry, object?.value ?? {})
  if (text === null || object?.source == null) return (text ?? '') + toYaml(value)
  return editFile(text, [{source: object.source, before: object.value, after: value}]) ?? text
}

function withEntry(value: JsonObject, {client, calls, reason, until}: NewDeclaration): JsonObject {
  const entry: JsonObject = {client, calls: [...calls], reason, ...(until !== null && {until})}
  const entries = list(value['clients'])
  const index = entries.findIndex(one => sameName(textOf(record(one)['client']) ?? '', client))
  const next: readonly Json[] =
    index === -1 ? [...entries, entry] : entries.map((one, at) => (at === index ? entry : one))
  return {...value, clients: next}
}

/** What meshctl.yaml says of a client now, for an import to add to; null where it says nothing. */
export function declaredCalls(input: Input, client: string): readonly string[] | null {
  const entries = list(input.config.object?.value['clients']).map(record)
  const entry = entries.find(one => sameName(textOf(one['client']) ?? '', client))
  return entry === undefined ? null : texts(entry['calls'])
}

function sameName(a: string, b: string): boolean {
  const [one, other] = [a.split('/').reverse(), b.split('/').reverse()]
  const kinds = [one[2], other[2]].filter(kind => kind !== undefined).map(kind => kind.toLowerCase())
  return one[0] === other[0] && one[1] === other[1] && new Set(kinds).size < 2
}

/** `namespace/name`; the kind is for where that means two. */
export function writtenName(client: Client): string {
  return `${client.namespace}/${client.workload}`
}

/** `namespace/service[:port]` as it is written in meshctl.yaml. */
export function checkedCall(mesh: Mesh, call: string): string {
  const found = /^([^/:]+)\/([^/:]+)(?::(\d+))?$/.exec(call)
  const service = mesh.services.find(one => `${one.namespace}/${one.name}` === `${found?.[1]}/${found?.[2]}`)
  const port = found?.[3]
  if (service !== undefined && (port === undefined || service.ports.some(one => String(one.port) === port)))
    return call
  const names = mesh.services.flatMap(({namespace, name, ports}) =>
    ports.map(one => `${namespace}/${name}:${one.port}`),
  )
  throw unknownName('service', call, names, ['meshctl clients declare CLIENT --calls NAMESPACE/SERVICE:PORT'])
}

function badUntil(found: string): MeshctlError {
  return new MeshctlError('invalid-value', `--until takes a day of the calendar, not "${found}".`, {
    try: ['--until 2027-03-31'],
    found,
  })
}

function withoutReason(): MeshctlError {
  return new MeshctlError('invalid-value', 'A declaration needs a reason: who says so, and how they know.', {
    try: ['--reason "asked the team"'],
  })
}

function nothingToConfirm(client: string): MeshctlError {
  return new MeshctlError(
    'invalid-input',
    `Nothing suggests whom ${client} calls, so there is nothing to confirm.`,
    {
      try: [`meshctl clients declare ${client} --calls NAMESPACE/SERVICE:PORT --reason "..."`],
      found: client,
    },
  )
}
