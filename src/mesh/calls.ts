import {at, entries, isRecord, record, records, text} from '../objects/json.ts'
import type {KubeObject, Path} from '../objects/object.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Mesh, Server, Service, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'

/** A call that a manifest shows: a value of its environment, arguments or configuration names the server's host. */
export interface InferredCall {
  readonly server: Server
  readonly fact: Fact
}

interface Value {
  readonly text: string
  readonly object: KubeObject
  readonly path: Path
  readonly what: string
  /** Whether a bare word may be taken for a host: the variable's name says that it holds one. */
  readonly namesHost: boolean
  /** Free text, of which only URLs count. */
  readonly free: boolean
}

const hostNames =
  /(^|_|-|\.)(hosts?|hostname|url|uri|addr|address|service|svc|endpoint|server|upstream|target|backend|api|broker|brokers)(_|-|\.|\d|$)/i

/** The calls that a workload's manifest shows, one a server. */
export function inferCalls(mesh: Mesh, workload: Workload): readonly InferredCall[] {
  const found = new Map<string, InferredCall>()
  for (const value of valuesOf(mesh, workload)) {
    for (const mention of mentionsIn(value)) {
      const service = mesh.dns(mention.host, workload.namespace)
      if (service === null) continue
      for (const server of serversOf(service, mention)) {
        const key = `${service.namespace}/${service.host}:${server.port.port}`
        const why = fact(`${value.what} names ${mention.host}`, value.object, value.path)
        if (!found.has(key)) found.set(key, {server, fact: why})
      }
    }
  }
  return [...found.values()]
}

interface Mention {
  readonly host: string
  readonly port: number | null
}

const schemePorts: Readonly<Record<string, number>> = {
  http: 80,
  ws: 80,
  https: 443,
  wss: 443,
  grpc: 80,
  mysql: 3306,
  mongodb: 27017,
  redis: 6379,
  postgres: 5432,
  postgresql: 5432,
  amqp: 5672,
}

/** A URL's port, else its scheme's, else a Service's only one, else any of them. */
function serversOf(service: Service, mention: Mention): readonly Server[] {
  const port = service.ports.find(one => one.port === mention.port)
  if (port !== undefined) return [{service, port}]
  if (mention.port !== null && service.ports.length > 1) return []
  return service.ports.filter(one => one.protocol !== 'UDP').map(one => ({service, port: one}))
}

const token =
  /(?:([a-z][a-z0-9+.:-]*):\/\/)?(?:[^\s@/,;|'"<>()[\]{}]+@)?([a-z0-9*](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::(\d{1,5}))?(?![\w-])/gi

function* mentionsIn(value: Value): Iterable<Mention> {
  // A very long value is data, not an address, and would only cost time.
  const text = value.text.length > 100_000 ? value.text.slice(0, 100_000) : value.text
  for (const match of text.matchAll(token)) {
    const [whole, scheme, host, port] = match
    if (host === undefined || /^\d+(\.\d+)*$/.test(host)) continue
    if (scheme === undefined && /[\w/@.-]/.test(text[match.index - 1] ?? ' ')) continue
    const bare = scheme === undefined && port === undefined
    if (value.free && scheme === undefined) continue
    if (bare && !host.includes('.') && !(value.namesHost && whole === text.trim())) continue
    const schemeName = scheme?.split(':').at(-1)?.toLowerCase()
    yield {
      host: host.toLowerCase(),
      port:
        port !== undefined
          ? Number(port)
          : schemeName === undefined
            ? null
            : (schemePorts[schemeName] ?? null),
    }
  }
}

function* valuesOf(mesh: Mesh, workload: Workload): Iterable<Value> {
  for (const container of workload.containers) {
    const known = new Map(container.env.map(one => [one.name, one.value]))
    const expand = (value: string): string =>
      value.replace(/\$\(([\w.-]+)\)/g, (whole, name: string) => known.get(name) ?? whole)
    for (const {name, value, path} of container.env) {
      yield {
        text: expand(value),
        object: workload.object,
        path,
        what: `environment variable ${name}`,
        namesHost: hostNames.test(name),
        free: false,
      }
    }
    for (const [list, values] of [
      ['command', container.command],
      ['args', container.args],
    ] as const) {
      for (const [index, argument] of values.entries()) {
        yield {
          text: expand(argument),
          object: workload.object,
          path: [...container.path, list, index],
          what: 'an argument',
          namesHost: false,
          free: argument.includes('\n'),
        }
      }
    }
    yield* fromConfigMaps(mesh, workload, container.path)
  }
  yield* fromMountedFiles(mesh, workload)
}

const configMaps = perMesh(
  mesh => new Map(mesh.objects('ConfigMap').map(map => [`${map.id.namespace}/${map.id.name}`, map])),
)

function* fromConfigMaps(mesh: Mesh, workload: Workload, path: Path): Iterable<Value> {
  const container = record(at(workload.object.value, path))
  for (const [, source] of entries(container['envFrom'])) {
    const map = configMaps(mesh).get(
      `${workload.namespace}/${text(record(source['configMapRef'])['name']) ?? ''}`,
    )
    if (map !== undefined) yield* dataOf(map, null)
  }
  for (const variable of records(container['env'])) {
    const reference = record(record(variable['valueFrom'])['configMapKeyRef'])
    const map = configMaps(mesh).get(`${workload.namespace}/${text(reference['name']) ?? ''}`)
    const key = text(reference['key'])
    if (map !== undefined && key !== undefined) yield* dataOf(map, key, text(variable['name']))
  }
}

function* dataOf(map: KubeObject, only: string | null, name?: string): Iterable<Value> {
  for (const [key, value] of Object.entries(record(map.value['data']))) {
    if (typeof value !== 'string' || (only !== null && key !== only)) continue
    yield {
      text: value,
      object: map,
      path: ['data', key],
      what: `ConfigMap ${map.id.name}, key ${key},`,
      namesHost: hostNames.test(name ?? key),
      free: value.includes('\n'),
    }
  }
}

function* fromMountedFiles(mesh: Mesh, workload: Workload): Iterable<Value> {
  for (const volume of records(at(workload.object.value, [...workload.templatePath, 'spec', 'volumes']))) {
    const source = volume['configMap']
    if (!isRecord(source)) continue
    const map = configMaps(mesh).get(`${workload.namespace}/${text(source['name']) ?? ''}`)
    if (map === undefined) continue
    for (const value of dataOf(map, null)) yield {...value, free: true}
  }
}
