import {isHttp} from '../../mesh/protocols.ts'
import {destinationRuleHost} from '../../mesh/destination-rules.ts'
import type {Client, Edge, Mesh, Service} from '../../mesh/mesh.ts'
import {policyMode} from '../../mesh/peer-authentication.ts'
import {callersOfAll, clientName, clientNames, howKnown, withoutSidecar} from '../callers.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Findings} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {isCarved} from './carve-outs.ts'
import type {CarveOuts} from './carve-outs.ts'
import {mismatches} from './clients.ts'
import type {Mismatch} from './clients.ts'

/** Who would be cut off if these services demanded mTLS but for what is carved out, each with how that is known. */
export function clientObstacles(mesh: Mesh, services: readonly Service[], carved: CarveOuts): Findings {
  const {known, silent} = callersOfAll(mesh, services)
  const outside = known
    .filter(edge => edge.client.inMesh === false && !isCarved(carved, edge))
    .map(edge => outsideClient(edge))
  const doubtful = known
    .filter(edge => edge.client.inMesh === 'unknown')
    .map(edge => doubtfulClient(mesh, edge))
  const inside = services
    .flatMap(service => mismatches(mesh, service))
    .map(mismatch => insideClient(mesh, mismatch))
  const contrary = seenFromInside(mesh, services, known)
  const unheard = silent.length === 0 ? [] : [silentClients(services, silent)]
  return {
    blockers: [...outside, ...inside.flatMap(one => one.blockers), ...contrary, ...unheard],
    unknowns: [...doubtful, ...inside.flatMap(one => one.unknowns)],
    cautions: inside.flatMap(one => one.cautions),
  }
}

/** Plaintext that was seen from a client in the mesh, and that no rule explains which this step sets right. */
function seenFromInside(mesh: Mesh, services: readonly Service[], known: readonly Edge[]): readonly Reason[] {
  const seen = known.filter(edge => edge.seen !== null && edge.client.inMesh === true)
  if (seen.length === 0) return []
  const explained = services.flatMap(service => mismatches(mesh, service))
  return seen
    .filter(
      ({client, server}) =>
        !explained.some(one => one.client === client && one.server.port.port === server.port.port),
    )
    .map(edge => {
      const {client, server, knownBy} = edge
      const where = `${server.service.namespace}/${server.service.name}:${server.port.port}`
      return reason(
        'plaintext-observed',
        `${clientName(client)} is in the mesh and yet calls ${where} past its proxy (${howKnown(edge)})`,
        knownBy,
        'look for pods without a proxy, calls by the address of a pod, and traffic that annotations exclude',
      )
    })
}

/** What a caller outside the mesh is decides what can be done about it. */
export function outsideClient(edge: Edge): Reason {
  const {client, server, knownBy} = edge
  const where = `${server.service.namespace}/${server.service.name}:${server.port.port}`
  const who = clientName(client)
  const calls = `calls ${where} in plaintext (${howKnown(edge)})`
  switch (client.kind) {
    case 'kubelet':
      return reason(
        'probe-rewrite-off',
        `the ${who} reaches ${where} in plaintext: its probes are not rewritten`,
        knownBy,
        'remove the annotation sidecar.istio.io/rewriteAppHTTPProbers: "false"',
      )
    case 'apiserver':
      return reason(
        'webhook-client',
        `the API server calls ${where}, and it cannot speak Istio's mTLS`,
        knownBy,
        'move the webhook to a workload of its own, or keep its port PERMISSIVE by hand (portLevelMtls)',
      )
    case 'prometheus':
      return reason(
        'prometheus-scrape',
        `${who} scrapes ${where} in plaintext (${howKnown(edge)})`,
        knownBy,
        'let it scrape the merged metrics (port 15020), or give Prometheus a sidecar for its certificates',
      )
    case 'external':
      return externalClient(edge, where, who)
    default:
      return reason(
        'client-not-in-mesh',
        `${who} has no sidecar and ${calls}`,
        knownBy,
        client.of?.hostNetwork === true
          ? `take ${who} off the host network and give it a sidecar; or, if it is gone or calls something else, declare it in meshctl.yaml (clients:)`
          : `meshctl adopt sidecars --stage walk --target ${who}; or, if it is gone or calls something else, declare it in meshctl.yaml (clients:)`,
      )
  }
}

function externalClient(edge: Edge, where: string, who: string): Reason {
  const {client, server, knownBy} = edge
  if (edge.seen !== null && client.object === null) {
    return reason(
      'plaintext-observed',
      `somebody calls ${where} without the mesh's mTLS (${howKnown(edge)}); who it is, is hidden: ${who}`,
      knownBy,
      `find out what it is and give it a sidecar: meshctl clients observe --target ${server.service.namespace}/${server.service.name}`,
    )
  }
  if (client.object?.id.kind === 'Ingress') {
    return reason(
      'ingress-not-in-mesh',
      `${who} sends to ${where} from outside the mesh`,
      knownBy,
      'route it through an Istio gateway, or give the ingress controller a sidecar',
    )
  }
  const code = server.service.type === 'NodePort' ? 'nodeport' : 'load-balancer'
  return reason(
    code,
    `clients from outside the cluster reach ${where} without a sidecar: it is of type ${server.service.type}`,
    knownBy,
    'let them in through an Istio gateway and make the Service a ClusterIP',
  )
}

function doubtfulClient(mesh: Mesh, edge: Edge): Reason {
  const facts = edge.client.of === null ? [] : mesh.injection(edge.client.of).facts
  return reason(
    'revision-unknown',
    `whether ${clientName(edge.client)} has a sidecar is not known, and it calls ${edge.server.service.namespace}/${edge.server.service.name}`,
    [...facts, ...edge.knownBy],
    'add the injection webhook to the input, or read from the cluster',
  )
}

function silentClients(services: readonly Service[], silent: readonly Client[]): Reason {
  const where = listed(services.map(({namespace, name}) => `${namespace}/${name}`))
  const [first] = silent
  const have = silent.length === 1 ? 'has' : 'have'
  return reason(
    'client-calls-unknown',
    `${clientNames(silent)} ${have} no sidecar, could reach ${where}, and nothing says whom ${silent.length === 1 ? 'it calls' : 'they call'}`,
    withoutSidecar(silent),
    `declare in meshctl.yaml what it calls, [] for nothing: clients: [{client: ${first === undefined ? '' : clientName(first)}, calls: [], reason: …}]`,
  )
}

const unblocks: Readonly<Record<string, string>> = {
  'client-port-excluded': 'remove the port or range from the annotation of the client',
  'service-hidden-by-sidecar': "import the service in the Sidecar of the client's namespace",
  'service-not-exported': "export the service to the client's namespace (networking.istio.io/exportTo)",
  'auto-mtls-off': 'turn enableAutoMtls on, or plan with --pin-clients',
  'headless-mixed-injection': 'give all pods behind the headless service a sidecar',
  ambient: 'let client and server use the same mode',
}

function insideClient(mesh: Mesh, mismatch: Mismatch): Findings {
  const {client, server, sends, cause, facts, rule} = mismatch
  const where = `${server.service.namespace}/${server.service.name}:${server.port.port}`
  const who = clientName(client)
  if (sends === 'unknown') {
    return {
      blockers: [],
      unknowns: [
        reason(cause, `what ${who} would send to ${where} is not known`, facts, unblocks[cause] ?? null),
      ],
      cautions: [],
    }
  }
  if (rule === null) {
    return {
      blockers: [
        reason(
          cause,
          `${who} is in the mesh and yet sends ${sends} to ${where}`,
          facts,
          unblocks[cause] ?? null,
        ),
      ],
      unknowns: [],
      cautions: [],
    }
  }
  const obstacle = ruleObstacle(mesh, mismatch, rule.object)
  if (obstacle !== null) return {blockers: [obstacle], unknowns: [], cautions: []}
  const said = reason(
    'destination-rule-edited',
    `${named(rule.object.id)} keeps clients of ${where} from mTLS; this step sets its tls to ISTIO_MUTUAL first`,
    facts,
  )
  return {blockers: [], unknowns: [], cautions: [said]}
}

/** Why a deciding DestinationRule can't just be set to the mesh's TLS; null where it can. */
export function ruleObstacle(
  mesh: Mesh,
  {client, server, sends, facts}: Mismatch,
  rule: NonNullable<Mismatch['rule']>['object'],
): Reason | null {
  const {service, port} = server
  const where = `${service.namespace}/${service.name}:${port.port}`
  if (destinationRuleHost(rule) !== service.host) {
    return reason(
      'explicit-disable',
      `${named(rule.id)} has ${clientName(client)} send ${sends} to ${where}, and it decides for other hosts too`,
      facts,
      `write a DestinationRule for ${service.host} alone with tls mode ISTIO_MUTUAL, or take tls out of ${named(rule.id)}`,
    )
  }
  if (sends === 'tls' && !isHttp(port.protocol)) {
    return reason(
      'app-speaks-tls',
      `${named(rule.id)} has ${clientName(client)} send TLS that the application of ${where} itself answers`,
      facts,
      'let the application serve plaintext behind its sidecar, then take tls out of the rule',
    )
  }
  const bare = mesh
    .endpoints(service)
    .filter(
      one =>
        mesh.injection(one).inMesh !== true ||
        (mesh.targetPort(port, one) !== null &&
          policyMode(mesh, one, mesh.targetPort(port, one) ?? 0).mode === 'DISABLE'),
    )
  if (bare.length === 0) return null
  return reason(
    'explicit-disable',
    `${named(rule.id)} has ${clientName(client)} send ${sends} to ${where}, and ${listed(bare.map(({name}) => name))} behind it cannot take mTLS`,
    facts,
    `give ${listed(bare.map(({name}) => name))} a sidecar, or take it out of the Service`,
  )
}
