import {isRecord, record, records} from '../objects/json.ts'
import type {JsonObject, KubeObject} from '../objects/object.ts'
import {destinationRuleHost} from '../mesh/destination-rules.ts'
import type {Mesh, Service, Workload} from '../mesh/mesh.ts'
import {callersOf} from './callers.ts'

/**
 * The DestinationRules in force for a service: per client one namespace's rules count and, of several for one host,
 * only the first one's trafficPolicy (istio-semantics B3). A setting has to go into these, never into one more rule.
 */
export interface WinningRules {
  /** For exactly this host: the ones to edit. Empty: a new one in the service's namespace wins. */
  readonly own: readonly KubeObject[]
  /** For a wildcard that covers the host: decide for other hosts too, and a new exact rule would hide them. */
  readonly wildcard: readonly KubeObject[]
  /** Which of these wins is not known, since they carry no age. */
  readonly rivals: readonly KubeObject[]
  /** Whether some client has no rule at all, so that one is missing in the service's own namespace. */
  readonly missing: boolean
}

export function winningRules(mesh: Mesh, service: Service): WinningRules {
  const choices = representatives(mesh, service).map(client => mesh.destinationRule(client, service))
  const winners = new Set(choices.flatMap(choice => choice?.rules[0] ?? []))
  const own = [...winners].filter(rule => destinationRuleHost(rule) === service.host)
  return {
    own,
    wildcard: [...winners].filter(rule => !own.includes(rule)),
    rivals: [...new Set(choices.flatMap(choice => choice?.rivals ?? []))],
    missing: choices.some(choice => choice === null),
  }
}

/** The known clients in the mesh and, for those not known, one of the service's own namespace. */
export function representatives(mesh: Mesh, service: Service): readonly Workload[] {
  const known = callersOf(mesh, service).known.flatMap(({client}) =>
    client.inMesh === true && client.of !== null ? [client.of] : [],
  )
  const neighbour =
    mesh.selected({}, service.namespace).find(workload => mesh.injection(workload).inMesh === true) ??
    mesh.endpoints(service)[0]
  return [...new Set(neighbour === undefined ? known : [...known, neighbour])]
}

/**
 * Sets one block of a rule's policy for all ports: at the top level, and in every port-level entry, which replaces the
 * top level wholesale (B4). A block that is there is handed to `make`, which may leave it as it is.
 */
export function setForAllPorts(
  value: JsonObject,
  block: 'tls' | 'outlierDetection',
  make: (existing: JsonObject | null) => JsonObject,
): JsonObject {
  const spec = record(value['spec'])
  const subsets = spec['subsets']
  const next: JsonObject = {...spec, trafficPolicy: inPolicy(record(spec['trafficPolicy']), block, make)}
  if (!records(subsets).some(subset => overrides(subset['trafficPolicy'], block)))
    return {...value, spec: next}
  const edited = (Array.isArray(subsets) ? (subsets as readonly JsonObject[]) : []).map(subset =>
    isRecord(subset) && overrides(subset['trafficPolicy'], block)
      ? {...subset, trafficPolicy: inPolicy(record(subset['trafficPolicy']), block, make, false)}
      : subset,
  )
  return {...value, spec: {...next, subsets: edited}}
}

/** A subset inherits field by field; only one that sets the block itself, or ports of its own, does not. */
function overrides(policy: JsonObject[string], block: string): boolean {
  return isRecord(policy) && (isRecord(policy[block]) || records(policy['portLevelSettings']).length > 0)
}

function inPolicy(
  policy: JsonObject,
  block: string,
  make: (existing: JsonObject | null) => JsonObject,
  always = true,
): JsonObject {
  const own = policy[block]
  const top = always || isRecord(own) ? {...policy, [block]: make(isRecord(own) ? own : null)} : policy
  const ports = policy['portLevelSettings']
  if (!Array.isArray(ports) || ports.length === 0) return top
  const edited = (ports as readonly JsonObject[string][]).map(entry =>
    isRecord(entry)
      ? {...entry, [block]: make(isRecord(entry[block]) ? entry[block] : null)}
      : (entry ?? null),
  )
  return {...top, portLevelSettings: edited}
}
