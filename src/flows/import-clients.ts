import {readFile} from 'node:fs/promises'
import {basename} from 'node:path'

import {MeshctlError} from '../cli/error.ts'
import {isRecord, list, number, text as textOf} from '../objects/json.ts'
import type {Json} from '../objects/object.ts'
import {checkedCall, declaredCalls, writeDeclarations, writtenName} from './client-declarations.ts'
import type {DeclarationsWritten, DeclareOptions, NewDeclaration} from './client-declarations.ts'
import {findClient} from './explain.ts'
import type {Input} from './load-input.ts'

/** A call that somebody's records show: an access log, a tracing tool, a network monitor. */
export interface RecordedCall {
  readonly client: string
  readonly server: string
  readonly requests: number | null
}

/** Takes observed calls from a file into meshctl.yaml. */
export async function importClients(
  input: Input,
  file: string,
  options: ImportOptions,
): Promise<DeclarationsWritten> {
  return await importCalls(input, parseCalls(await read(file), file), basename(file), options)
}

export type ImportOptions = DeclareOptions & {readonly until: string | null}

/**
 * Takes observed calls into meshctl.yaml. They join those that are known of a client: the list is complete from then
 * on, and must not lose what its manifest shows. What names nothing of the input is skipped and said.
 */
export async function importCalls(
  input: Input,
  recorded: readonly RecordedCall[],
  source: string,
  {until, ...options}: ImportOptions,
): Promise<DeclarationsWritten> {
  const skipped: {entry: string; reason: string}[] = []
  const byClient = new Map<string, RecordedCall[]>()
  for (const call of recorded) {
    try {
      const client = writtenName(findClient(input.mesh, call.client))
      const server = checkedCall(input.mesh, call.server)
      byClient.set(client, [...(byClient.get(client) ?? []), {...call, server}])
    } catch (error) {
      if (!(error instanceof MeshctlError)) throw error
      skipped.push({entry: `${call.client} -> ${call.server}`, reason: error.message})
    }
  }
  const declared = [...byClient].map(([client, calls]): NewDeclaration => {
    const counted = calls.reduce((sum, {requests}) => sum + (requests ?? 0), 0)
    return {
      client,
      calls: [...new Set([...knownCalls(input, client), ...calls.map(({server}) => server)])],
      reason: `observed: ${source}${counted > 0 ? `, ${counted} requests` : ''}`,
      until,
    }
  })
  return await writeDeclarations(input, declared, skipped, options)
}

/** What is declared of a client; else what is known of it in another way. */
function knownCalls(input: Input, client: string): readonly string[] {
  const declared = declaredCalls(input, client)
  if (declared !== null) return declared
  return input.mesh
    .edges()
    .filter(edge => edge.client.of !== null && writtenName(edge.client) === client)
    .map(({server: {service, port}}) => `${service.namespace}/${service.name}:${port.port}`)
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new MeshctlError('unreadable-path', `The file ${file} cannot be read.`, {
      try: ['meshctl clients import calls.csv, with the columns client,server,requests'],
      found: file,
      file,
      cause,
    })
  }
}

/** JSON (a list, or a list at `calls`) or CSV with a head; `client`, `server`, and `requests` where it is counted. */
export function parseCalls(content: string, file: string): readonly RecordedCall[] {
  return /^\s*[[{]/.test(content) ? fromJson(content, file) : fromCsv(content, file)
}

function fromJson(content: string, file: string): readonly RecordedCall[] {
  let value: Json
  try {
    value = JSON.parse(content) as Json
  } catch (cause) {
    throw unfit(file, 'it is not JSON', cause)
  }
  return list(isRecord(value) ? value['calls'] : value).map((item, index) => {
    const fields = isRecord(item) ? item : {}
    const [client, server] = [textOf(fields['client']), textOf(fields['server'])]
    if (client === undefined || server === undefined)
      throw unfit(file, `entry ${index + 1} lacks client or server`)
    return {client, server, requests: number(fields['requests']) ?? null}
  })
}

function fromCsv(content: string, file: string): readonly RecordedCall[] {
  const rows = content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({cells: cellsOf(line), line: index + 1}))
    .filter(({cells}) => cells.some(cell => cell !== ''))
  const [head, ...body] = rows
  const columns = head?.cells.map(cell => cell.toLowerCase()) ?? []
  const [client, server, requests] = ['client', 'server', 'requests'].map(name => columns.indexOf(name))
  if (client === undefined || server === undefined || client < 0 || server < 0)
    throw unfit(file, 'its first line does not name the columns client and server')
  return body.map(({cells, line}) => {
    const [from, to] = [cells[client] ?? '', cells[server] ?? '']
    if (from === '' || to === '') throw unfit(file, `line ${line} lacks client or server`)
    const count = Number(cells[requests ?? -1] ?? '')
    return {client: from, server: to, requests: Number.isFinite(count) && count > 0 ? count : null}
  })
}

/** Names hold no commas and no line breaks; quotes around a cell are taken off. */
function cellsOf(line: string): readonly string[] {
  return line.split(',').map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))
}

function unfit(file: string, what: string, cause?: unknown): MeshctlError {
  return new MeshctlError('invalid-input', `The calls in ${file} cannot be used: ${what}.`, {
    try: ['client,server,requests\nbatch/report,shop/cart:80,120'],
    file,
    cause,
  })
}
