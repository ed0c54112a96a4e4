import {record, records, text, texts} from '../../src/objects/json.ts'
import type {Json, JsonObject} from '../../src/objects/object.ts'
import {listening} from './generate/ports.ts'
import type {Speech} from './generate/ports.ts'
import type {Topology} from './generate/topology.ts'
import {outside} from './oracle/oracle.ts'
import type {OracleCall, OraclePod} from './oracle/oracle.ts'

/** A name and port that callers call, and what they send: by the plan of the mesh, not by what the simulator makes of it. */
export interface PlannedCall {
  readonly host: string
  readonly port: number
  readonly speaks: Speech
  /** Whether the port is declared as TCP although HTTP is spoken on it, so that a proxy may answer or hang up. */
  readonly masked: boolean
  /** The Service or ServiceEntry of that name. */
  readonly object: JsonObject
}

/** Every port of every Service of a topology, and of the ServiceEntries among its policies whose hosts are their own. */
export function plannedCalls(
  {services, objects}: Topology,
  policies: readonly JsonObject[],
): readonly PlannedCall[] {
  const hosts = new Set(services.map(service => service.host))
  const ofServices = services.flatMap(service => {
    const object = objects.find(one => isService(one, service.name, service.namespace))
    if (object === undefined) throw new Error(`no Service ${service.host}`)
    return service.ports.map(({name, port, speaks}) => {
      const masked = speaks === 'http' && name.startsWith('tcp')
      return {host: service.host, port, speaks, masked, object}
    })
  })
  const ofEntries = policies
    .filter(policy => policy['kind'] === 'ServiceEntry')
    .flatMap(object => {
      const spec = record(object['spec'])
      return texts(spec['hosts'])
        .filter(host => !hosts.has(host))
        .flatMap(host =>
          records(spec['ports']).map(port => ({
            host,
            port: Number(port['number']),
            speaks: spoken(port),
            masked: isMasked(port),
            object,
          })),
        )
    })
  return [...ofServices, ...ofEntries]
}

function isService(object: JsonObject, name: string, namespace: string): boolean {
  const metadata = record(object['metadata'])
  return object['kind'] === 'Service' && metadata['name'] === name && metadata['namespace'] === namespace
}

function spoken({protocol}: JsonObject): Speech {
  return protocol === 'HTTP' ? 'http' : protocol === 'TLS' ? 'tls' : 'tcp'
}

/** Whether the application behind a port of an entry speaks HTTP, which the entry does not say. */
function isMasked({protocol, targetPort}: JsonObject): boolean {
  return protocol === 'TCP' && typeof targetPort === 'number' && listening.get(targetPort) === 'http'
}

/** What the network makes of a call: from the Service as the API server has it, and the pods. */
export function oracleCall(
  {host, port, speaks, masked, object}: PlannedCall,
  services: readonly JsonObject[],
  pods: readonly OraclePod[],
): OracleCall {
  const live = object['kind'] === 'Service' ? resolved(object, services) : object
  const spec = record(live['spec'])
  const call = {host, port, speaks, masked}
  if (object['kind'] === 'ServiceEntry')
    return {...call, addresses: [texts(spec['addresses'])[0] ?? outside], behind: []}
  const selector = Object.entries(record(spec['selector']))
  const selected = pods.filter(({value}) => {
    const labels = record(record(value['metadata'])['labels'])
    return (
      namespaceOf(value) === namespaceOf(live) && selector.every(([key, wanted]) => labels[key] === wanted)
    )
  })
  if (spec['clusterIP'] === 'None') return {...call, addresses: selected.map(pod => pod.ip), behind: []}
  const target = records(spec['ports']).find(one => one['port'] === port)?.['targetPort'] ?? port
  return {
    ...call,
    addresses: [text(spec['clusterIP']) ?? outside],
    behind: selected.flatMap(pod => {
      const number = numberOn(pod.value, target)
      return number === null ? [] : [{address: pod.ip, port: number}]
    }),
  }
}

/** The Service as the API server has it, or the one that it is another name for. */
function resolved(object: JsonObject, services: readonly JsonObject[]): JsonObject {
  const live = services.find(one => hostOf(one) === hostOf(object)) ?? object
  const {externalName} = record(live['spec'])
  return services.find(one => hostOf(one) === externalName) ?? live
}

function hostOf(service: JsonObject): string {
  return `${text(record(service['metadata'])['name']) ?? ''}.${namespaceOf(service)}.svc.cluster.local`
}

/** The number of a pod's port, by its name where the Service has a name. */
function numberOn(pod: JsonObject, target: Json): number | null {
  if (typeof target === 'number') return target
  const containers = records(record(pod['spec'])['containers'])
  const found = containers.flatMap(one => records(one['ports'])).find(one => one['name'] === target)
  return found === undefined ? null : Number(found['containerPort'])
}

function namespaceOf(object: JsonObject): string {
  return text(record(object['metadata'])['namespace']) ?? ''
}
