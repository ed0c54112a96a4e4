import {inferCalls} from './calls.ts'
import {
  authorizationCalls,
  clientOf,
  configuredCalls,
  declaredClients,
  sidecarCalls,
} from './declared-calls.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {gatewayCalls, servingWorkloads} from './gateway-calls.ts'
import {judge} from './judge.ts'
import type {
  Client,
  ClientDeclaration,
  Edge,
  Knowledge,
  Mesh,
  MeshOptions,
  ObservedCall,
  Server,
  ServicePort,
  Workload,
} from './mesh.ts'
import type {Judgement} from './outcome.ts'
import {networkAdmits, networkPolicyCalls} from './network-policies.ts'
import {outsideCalls} from './outside-callers.ts'

/** What is known of who calls whom in one mesh. */
export interface Calls {
  readonly clients: readonly Client[]
  readonly edges: readonly Edge[]
  readonly known: ReadonlySet<Client>
}

/** Every workload as a client, and each gateway that the input routes through but does not hold. */
export function workloadClients(mesh: Mesh): readonly Client[] {
  const own = mesh.workloads.map(workload => asClient(mesh, workload))
  const assumed = new Map<string, Client>()
  for (const gateway of mesh.objects('Gateway')) {
    if (!gateway.id.apiVersion.startsWith('networking.istio.io/')) continue
    for (const workload of servingWorkloads(mesh, gateway)) {
      const key = `${workload.namespace}/${workload.name}`
      if (workload.object === gateway && !assumed.has(key)) assumed.set(key, asClient(mesh, workload))
    }
  }
  return [...own, ...assumed.values()]
}

function asClient(mesh: Mesh, workload: Workload): Client {
  const {inMesh, mode} = mesh.injection(workload)
  const kind = mode === 'gateway' ? 'gateway' : 'workload'
  return {
    kind,
    namespace: workload.namespace,
    workload: workload.name,
    inMesh,
    of: workload,
    object: workload.object,
  }
}

interface Known {
  readonly client: Client
  readonly server: Server
  readonly knowledge: Knowledge
  readonly facts: Fact[]
  readonly seen: ObservedCall | null
}

const rank: Readonly<Record<Knowledge, number>> = {observed: 0, declared: 1, inferred: 2, possible: 3}

/**
 * Joins all that is known. The declaration of a client in meshctl.yaml is its complete list, so it silences what its
 * manifest suggests; only what was observed beats it (decisions 7).
 */
export function gatherCalls(mesh: Mesh, options: MeshOptions): Calls {
  const outside = outsideCalls(mesh)
  const declarations = options.clients ?? []
  const everyone = distinctClients([...mesh.clients, ...outside.map(call => call.client)])
  const silenced = new Set(declarations.flatMap(declaration => declaredClients(everyone, declaration)))
  const known = new Map<string, Known>()
  const add = (client: Client, server: Server, knowledge: Knowledge, why: Fact): void => {
    const key = edgeKey(client, server)
    const found = known.get(key)
    if (found === undefined) known.set(key, {client, server, knowledge, facts: [why], seen: null})
    else if (rank[knowledge] < rank[found.knowledge])
      known.set(key, {...found, server, knowledge, facts: [why, ...found.facts]})
    else found.facts.push(why)
  }
  for (const {client, server, seen} of observedCalls(mesh, options)) {
    const facts = [seenFact(seen, contradicted(client, server, declarations))]
    known.set(edgeKey(client, server), {client, server, knowledge: 'observed', facts, seen})
  }
  for (const call of configuredCalls(mesh, declarations)) add(call.client, call.server, 'declared', call.fact)
  for (const call of [
    ...outside,
    ...gatewayRoutes(mesh),
    ...sidecarCalls(mesh),
    ...authorizationCalls(mesh),
    ...networkPolicyCalls(mesh),
  ]) {
    if (!silencedBy(silenced, call.client)) add(call.client, call.server, 'declared', call.fact)
  }
  for (const client of mesh.clients) {
    if (client.of === null || client.of.object.id.kind === 'Gateway' || silencedBy(silenced, client)) continue
    for (const call of inferCalls(mesh, client.of)) add(client, call.server, 'inferred', call.fact)
  }
  const edges = [...known.values()].map(({client, server, knowledge, facts, seen}) => ({
    ...edgeOf(mesh, client, server, knowledge, facts),
    seen,
  }))
  return {clients: everyone, edges, known: new Set([...silenced, ...edges.flatMap(callersIn(everyone))])}
}

/** A Prometheus that monitors tell of is also the workload that runs it: what one is known to call, the other is. */
function callersIn(everyone: readonly Client[]): (edge: {readonly client: Client}) => readonly Client[] {
  const byWorkload = Map.groupBy(
    everyone.filter(({of}) => of !== null),
    ({of}) => of,
  )
  return ({client}) => [client, ...(client.of === null ? [] : (byWorkload.get(client.of) ?? []))]
}

function silencedBy(silenced: ReadonlySet<Client>, client: Client): boolean {
  return [...silenced].some(one => clientKey(one) === clientKey(client))
}

function clientKey(client: Client): string {
  return `${client.kind}/${client.of?.kind ?? ''}/${client.namespace}/${client.workload}`
}

function edgeKey(client: Client, server: Server): string {
  return `${clientKey(client)}>${server.service.namespace}/${server.service.host}:${server.port.port}`
}

function distinctClients(clients: readonly Client[]): readonly Client[] {
  return [...new Map(clients.map(client => [clientKey(client), client])).values()]
}

function gatewayRoutes(mesh: Mesh): ReturnType<typeof gatewayCalls> {
  return gatewayCalls(mesh, gateway =>
    servingWorkloads(mesh, gateway).map(
      workload =>
        mesh.clients.find(
          client => client.namespace === workload.namespace && client.workload === workload.name,
        ) ?? clientOf(mesh, workload),
    ),
  )
}

interface Seen {
  readonly client: Client
  readonly server: Server
  readonly seen: ObservedCall
}

/** Nothing that was seen is dropped: a caller that is no workload of the input is one from outside. */
function observedCalls(mesh: Mesh, options: MeshOptions): readonly Seen[] {
  return (options.observed ?? []).flatMap(seen => {
    const [place = '', port = ''] = seen.server.split(':')
    const service = mesh.services.find(one => `${one.namespace}/${one.name}` === place)
    if (service === undefined) return []
    const [namespace, name] = seen.client.split('/')
    const client =
      mesh.clients.find(one => one.namespace === namespace && one.workload === name) ?? stranger(seen.client)
    const known = service.ports.find(one => String(one.port) === port)
    return [{client, server: {service, port: known ?? portOfPod(Number(port))}, seen}]
  })
}

function stranger(name: string): Client {
  return {kind: 'external', namespace: '', workload: name, inMesh: false, of: null, object: null}
}

/** Pods answer on ports too that no Service has, and a policy of theirs holds there as well. */
function portOfPod(port: number): ServicePort {
  return {name: null, port, targetPort: port, protocol: 'Auto', declaredBy: 'none', path: []}
}

function seenFact(
  {requests, seconds, transport, source}: ObservedCall,
  declared: ClientDeclaration | undefined,
): Fact {
  const what = transport === 'plaintext' ? 'in plaintext' : "in TLS that is not the mesh's"
  const seen = `${requests} ${requests === 1 ? 'request' : 'requests'} ${what} seen in ${seconds} s (${source})`
  return declared === undefined
    ? fact(seen)
    : fact(`${seen}, though declared not to call it (${declared.reason})`, declared.object, declared.path)
}

/** A declaration of meshctl.yaml is a client's complete list, so what was seen beside it contradicts it. */
function contradicted(
  client: Client,
  {service, port}: Server,
  declarations: readonly ClientDeclaration[],
): ClientDeclaration | undefined {
  const call = `${service.namespace}/${service.name}`
  return declarations.find(
    one =>
      one.object !== null &&
      declaredClients([client], one).length > 0 &&
      !one.calls.includes(call) &&
      !one.calls.includes(`${call}:${port.port}`),
  )
}

/** An edge that predicts its outcome when asked, and remembers it. */
export function edgeOf(
  mesh: Mesh,
  client: Client,
  server: Server,
  knowledge: Knowledge,
  knownBy: readonly Fact[],
): Edge {
  let judged: Judgement | null = null
  return {
    client,
    server,
    knowledge,
    knownBy,
    seen: null,
    judge: () => (judged ??= judge(mesh, client, server)),
  }
}

/** Every pair of a client workload and a service's port that is not known and that no NetworkPolicy rules out. */
export function* unknownEdges(mesh: Mesh, calls: Calls): Iterable<Edge> {
  const known = new Set(calls.edges.map(edge => edgeKey(edge.client, edge.server)))
  for (const client of calls.clients) {
    if (client.of === null || client.of.object.id.kind === 'Gateway') continue
    for (const service of mesh.services) {
      if (service.location === 'external') continue
      for (const port of service.ports) {
        const server = {service, port}
        if (
          port.protocol === 'UDP' ||
          known.has(edgeKey(client, server)) ||
          !networkAdmits(mesh, client.of, server)
        )
          continue
        yield edgeOf(mesh, client, server, 'possible', [])
      }
    }
  }
}
