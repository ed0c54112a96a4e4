import {isRecord, record, records} from '../../objects/json.ts'
import type {Json, KubeObject, Path} from '../../objects/object.ts'
import {destinationRuleHost} from '../../mesh/destination-rules.ts'
import {fact} from '../../mesh/fact.ts'
import type {Fact} from '../../mesh/fact.ts'
import {hostCovers} from '../../mesh/hosts.ts'
import type {Client, Mesh, Server, Service, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {clusterSending, endpointTransport, reach} from '../../mesh/transport.ts'
import {callersOf} from '../callers.ts'

/** What a client in the mesh would send once the server demands mTLS, where that is not mTLS. */
export interface Mismatch {
  readonly client: Client
  readonly server: Server
  readonly sends: 'plaintext' | 'tls' | 'unknown'
  readonly cause: string
  readonly facts: readonly Fact[]
  /** The block of a DestinationRule which decides it; null where something else does. */
  readonly rule: {readonly object: KubeObject; readonly path: Path} | null
}

/**
 * The clients in the mesh that would not speak mTLS to a service. Auto mTLS serves all others, known or not; the
 * exceptions of a client itself matter where it is known to call, those of a DestinationRule wherever one applies.
 */
export function mismatches(mesh: Mesh, service: Service): readonly Mismatch[] {
  const known = callersOf(mesh, service).known.filter(edge => edge.client.inMesh === true)
  const fromEdges = known.flatMap(edge =>
    edge.client.of === null ? [] : mismatchesOf(mesh, edge.client, edge.client.of, edge.server, true),
  )
  const ports = service.ports.filter(port => port.protocol !== 'UDP')
  const fromRules = underPlainRules(mesh, service).flatMap(client =>
    client.of === null
      ? []
      : ports.flatMap(port =>
          client.of === null ? [] : mismatchesOf(mesh, client, client.of, {service, port}, false),
        ),
  )
  return oncePerRule([...fromEdges, ...fromRules], fromEdges.length)
}

/** All known clients are named; of the others one for each rule that decides for them. */
function oncePerRule(found: readonly Mismatch[], known: number): readonly Mismatch[] {
  const said = new Set<string>()
  return found.filter(({rule, server}, index) => {
    if (rule === null) return true
    const {namespace, name} = rule.object.id
    const key = `${namespace}/${name} ${rule.path.join('.')} ${server.port.port}`
    const first = !said.has(key)
    said.add(key)
    return first || index < known
  })
}

function mismatchesOf(
  mesh: Mesh,
  client: Client,
  workload: Workload,
  server: Server,
  calls: boolean,
): readonly Mismatch[] {
  const past = reach(mesh, workload, server)
  if (past !== null) {
    if (!calls || past.kind === 'blocked') return []
    const sends = past.kind === 'plaintext' || past.kind === 'tls' ? past.kind : 'unknown'
    return [{client, server, sends, cause: past.cause ?? 'opaque-config', facts: past.facts, rule: null}]
  }
  return subsetsUsed(mesh, client, workload, server).flatMap(subset =>
    throughCluster(mesh, client, workload, server, subset),
  )
}

function throughCluster(
  mesh: Mesh,
  client: Client,
  workload: Workload,
  server: Server,
  subset: string | null,
): readonly Mismatch[] {
  const sent = clusterSending(mesh, workload, server, subset)
  const answer = (
    sends: Mismatch['sends'],
    cause: string,
    facts: readonly Fact[],
    rule: Mismatch['rule'],
  ): readonly Mismatch[] => [{client, server, sends, cause, facts, rule}]
  const policy = sent.choice?.policy(server.port.port, subset) ?? null
  const decides = policy?.policy.tls == null ? null : {object: policy.rule, path: policy.policy.tls.path}
  if (sent.kind === 'unknown') return answer('unknown', sent.cause ?? 'opaque-config', sent.facts, null)
  if (sent.kind === 'plaintext' || sent.kind === 'tls')
    return answer(sent.kind, sent.cause ?? 'client-sends-plaintext-to-strict', sent.facts, decides)
  if (sent.kind !== 'match') return []
  // Endpoints are matched by a mode that inherits from the rule's top level where the cluster's own does not (B4).
  const inherited = sent.choice?.endpointTlsMode(server.port.port, subset) ?? null
  if (inherited === null || inherited === 'ISTIO_MUTUAL') return []
  const [endpoint] = mesh.endpoints(server.service)
  const target = endpoint === undefined ? null : mesh.targetPort(server.port, endpoint)
  if (endpoint === undefined || target === null) return []
  const chosen = endpointTransport(mesh, sent.choice, server, subset, endpoint, target)
  const [rule] = sent.choice?.rules ?? []
  if (chosen.kind === 'mtls' || rule === undefined) return []
  const why = fact(
    `DestinationRule ${rule.id.namespace}/${rule.id.name} sets tls mode ${inherited} at its top level`,
    rule,
    ['spec', 'trafficPolicy', 'tls'],
  )
  return answer('plaintext', 'destination-rule-disables-tls', [why, ...chosen.facts], {
    object: rule,
    path: ['spec', 'trafficPolicy', 'tls'],
  })
}

/** The subsets to which this client's routes send; a gateway's routes are its own, so all subsets count. */
function subsetsUsed(
  mesh: Mesh,
  client: Client,
  workload: Workload,
  server: Server,
): readonly (string | null)[] {
  if (client.kind === 'gateway')
    return [null, ...(mesh.destinationRule(workload, server.service)?.subsets.map(({name}) => name) ?? [])]
  const {routes} = mesh.routes(workload, server)
  const used = routes.flatMap(route =>
    route.destinations
      .filter(
        ({host}) => mesh.host(host, route.object?.id.namespace ?? workload.namespace) === server.service,
      )
      .map(({subset}) => subset),
  )
  return used.length === 0 ? [null] : [...new Set(used)]
}

/** DestinationRules that set TLS other than the mesh's somewhere; there are few, and each is looked at for its hosts. */
const plainRules = perMesh(mesh =>
  mesh
    .objects('DestinationRule')
    .filter(rule => setsPlainTls(record(rule.value['spec'])))
    .map(rule => ({rule, host: destinationRuleHost(rule)})),
)

function setsPlainTls(spec: Readonly<Record<string, Json | undefined>>): boolean {
  const policies = [
    spec['trafficPolicy'],
    ...records(spec['subsets']).map(subset => subset['trafficPolicy']),
  ].map(record)
  return policies.some(policy =>
    [policy, ...records(policy['portLevelSettings'])].some(
      ({tls}) => isRecord(tls) && tls['mode'] !== 'ISTIO_MUTUAL',
    ),
  )
}

const meshedByNamespace = perMesh((mesh): ReadonlyMap<string, readonly Client[]> => {
  const index = new Map<string, Client[]>()
  for (const client of mesh.clients) {
    if (client.of === null || client.inMesh !== true) continue
    const clients = index.get(client.namespace)
    if (clients === undefined) index.set(client.namespace, [client])
    else clients.push(client)
  }
  return index
})

/** One client of each namespace (all, where a rule selects workloads) that such a rule decides for, known to call or not. */
function underPlainRules(mesh: Mesh, service: Service): readonly Client[] {
  const rules = plainRules(mesh).filter(({host}) => hostCovers(host, service.host))
  if (rules.length === 0) return []
  const byNamespace = meshedByNamespace(mesh)
  const selecting = new Set(
    rules
      .filter(({rule}) => isRecord(record(rule.value['spec'])['workloadSelector']))
      .map(({rule}) => rule.id.namespace),
  )
  return [...byNamespace].flatMap(([namespace, clients]) =>
    selecting.has(namespace) ? clients : clients.slice(0, 1),
  )
}
