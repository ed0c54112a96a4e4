import {fact} from '../../mesh/fact.ts'
import type {Client, Edge, Mesh, Server, Workload} from '../../mesh/mesh.ts'
import {policyMode} from '../../mesh/peer-authentication.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {isHttp} from '../../mesh/protocols.ts'
import {speaksFirst} from '../../mesh/verdict.ts'
import {callersOf, clientName, clientNames, howKnown, outOfMesh, withoutSidecar} from '../callers.ts'
import {listed, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import type {Reason} from '../stage.ts'

/** What would go wrong on the wire once this workload has a sidecar: first to those who call it, then to its own calls. */
export function trafficObstacles(mesh: Mesh, workload: Workload): Findings {
  const found = mesh
    .servicesOf(workload)
    .flatMap(service => service.ports.map(port => asServer(mesh, workload, {service, port})))
  const calls = asClient(mesh, workload)
  return {
    blockers: [...found.flatMap(one => one.blockers), ...calls.blockers],
    unknowns: found.flatMap(one => one.unknowns),
    cautions: calls.cautions,
  }
}

/** Its port under the policy that will hold once a proxy listens there. */
function asServer(mesh: Mesh, workload: Workload, server: Server): Findings {
  const target = mesh.targetPort(server.port, workload)
  if (target === null) return {blockers: [], unknowns: [], cautions: []}
  const policy = policyMode(mesh, workload, target)
  const callers = callersOf(mesh, server.service)
  // Its own calls to itself come from inside the mesh then.
  const silent = callers.silent.some(client => client.of === workload)
    ? callers.silent.filter(client => client.of !== workload)
    : callers.silent
  const plain = callers.known.filter(
    edge => edge.server.port.port === server.port.port && outOfMesh(edge) && edge.client.of !== workload,
  )
  const where = `${server.service.host}:${server.port.port}`
  if (policy.mode === 'unknown') {
    return {
      blockers: [],
      unknowns: [
        reason(
          'rival-policies-without-age',
          `which policy would hold on port ${server.port.port} is not known`,
          policy.facts,
          'delete all but one of the rival PeerAuthentications',
        ),
      ],
      cautions: [],
    }
  }
  const blockers: Reason[] = []
  if (policy.mode === 'STRICT') {
    blockers.push(...strictInForce(plain, silent, where, policy.facts))
    blockers.push(...headlessMixed(mesh, workload, server, policy.facts))
  }
  if (policy.mode === 'PERMISSIVE' && speaksFirst(server, workload))
    blockers.push(...serverFirst(server, plain, silent, where))
  return {blockers: [...blockers, ...plainTls(mesh, server)], unknowns: [], cautions: []}
}

function strictInForce(
  plain: readonly Edge[],
  silent: readonly Client[],
  where: string,
  facts: Reason['facts'],
): readonly Reason[] {
  const named = plain.map(edge =>
    reason(
      'strict-in-force',
      `STRICT would hold on ${where} at once, and ${clientName(edge.client)} calls it without a sidecar (${howKnown(edge)})`,
      [...edge.knownBy, ...facts],
      `give ${clientName(edge.client)} a sidecar first, or let ${where} be PERMISSIVE`,
    ),
  )
  if (silent.length === 0) return named
  const who = clientNames(silent)
  return [
    ...named,
    reason(
      'client-calls-unknown',
      `STRICT would hold on ${where} at once, and whether ${who} calls it is not known`,
      [...withoutSidecar(silent), ...facts],
      'declare in meshctl.yaml what they call (clients:)',
    ),
  ]
}

function serverFirst(
  server: Server,
  plain: readonly Edge[],
  silent: readonly Client[],
  where: string,
): readonly Reason[] {
  if (plain.length === 0 && silent.length === 0) return []
  const who = clientNames([...plain.map(edge => edge.client), ...silent])
  const message = `${where} speaks first, and under PERMISSIVE the sidecar waits for the client: ${who}, without a sidecar, may hang`
  return [
    reason(
      'server-first-protocol',
      message,
      [fact(`port ${server.port.port} is ${server.port.protocol}`, server.service.object, server.port.path)],
      `give its clients sidecars first, or set its port to DISABLE in a PeerAuthentication`,
    ),
  ]
}

/** Behind a headless service mTLS goes to all pods or to none; while one has no sidecar, none gets it (B2). */
function headlessMixed(
  mesh: Mesh,
  workload: Workload,
  {service}: Server,
  facts: Reason['facts'],
): readonly Reason[] {
  if (service.type !== 'Headless') return []
  const bare = mesh
    .endpoints(service)
    .filter(other => other !== workload && mesh.injection(other).inMesh !== true)
  if (bare.length === 0) return []
  const message = `Service ${service.namespace}/${service.name} is headless: while ${listed(bare.map(one => one.name))} behind it has no sidecar, clients send plaintext to all its pods, and STRICT refuses it`
  return [
    reason(
      'headless-mixed',
      message,
      [fact('a headless Service', service.object, ['spec', 'clusterIP']), ...facts],
      'let them be PERMISSIVE until all have a sidecar',
    ),
  ]
}

/** In-mesh clients whose DestinationRule sends plain TLS: works while the application answers it, not past a proxy (A17). */
function plainTls(mesh: Mesh, server: Server): readonly Reason[] {
  if (!isHttp(server.port.protocol)) return []
  const {known} = callersOf(mesh, server.service)
  return known
    .filter(edge => edge.server.port.port === server.port.port && edge.client.inMesh === true)
    .flatMap(edge => {
      const {outcome, facts} = edge.judge()
      if (outcome.transport !== 'tls' || outcome.result !== 'ok') return []
      return [
        reason(
          'app-speaks-tls',
          `${clientName(edge.client)} sends TLS of its own to port ${server.port.port}, which is declared ${server.port.protocol}: a sidecar would refuse it`,
          facts,
          `declare what it is: appProtocol: https on port ${server.port.port}`,
        ),
      ]
    })
}

const callsByClient = perMesh((mesh): ReadonlyMap<Workload, readonly Edge[]> => {
  const index = new Map<Workload, Edge[]>()
  for (const edge of mesh.edges()) {
    if (edge.client.of === null) continue
    const edges = index.get(edge.client.of)
    if (edges === undefined) index.set(edge.client.of, [edge])
    else edges.push(edge)
  }
  return index
})

/** Its own calls go through the sidecar from then on, which knows only what is visible to it. */
function asClient(mesh: Mesh, workload: Workload): Pick<Findings, 'blockers' | 'cautions'> {
  const scope = mesh.sidecarScope(workload)
  if (scope.outboundTrafficPolicy !== 'REGISTRY_ONLY') return {blockers: [], cautions: []}
  const hidden = (callsByClient(mesh).get(workload) ?? []).filter(
    ({server}) => !mesh.visible(workload, server.service, server.port.port).visible,
  )
  const blockers = hidden.map(({server, knownBy}) =>
    reason(
      'registry-only',
      `it calls ${server.service.host}, which its sidecar would not know: REGISTRY_ONLY refuses that`,
      [...knownBy, ...scope.facts],
      'import the host in the Sidecar of its namespace',
    ),
  )
  const caution = reason(
    'registry-only',
    'with a sidecar, calls to hosts outside the mesh need a ServiceEntry each: outboundTrafficPolicy is REGISTRY_ONLY',
    scope.facts,
    'list the external hosts that it calls',
  )
  return {blockers, cautions: [caution]}
}
