import {authorize} from './authorize.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {inboundProtocol} from './inbound-protocol.ts'
import {inboundInterception} from './injection.ts'
import type {Labels, Mesh, Protocol, Server, ServerMode, Workload} from './mesh.ts'
import type {Cause, Failure, Transport, Unknown} from './outcome.ts'
import {isHttp, mayBeHttp} from './protocols.ts'
import {clusterSending, dialsOriginal, endpointTransport, reach, unknownName} from './transport.ts'
import type {Sending} from './transport.ts'

/** What happens between one client and one endpoint (or one whole cluster where its endpoints don't matter). */
export interface Verdict {
  readonly result: 'ok' | 'fails' | 'unknown'
  readonly transport: Transport
  readonly failure: Failure | null
  readonly cause: Cause | null
  readonly unknown: Unknown | null
  readonly facts: readonly Fact[]
  /** Its share of the requests, relative to the other verdicts of the cluster: the number of pods. */
  readonly weight: number
}

type Wire = 'plaintext' | 'mtls' | 'tls'

function ok(transport: Transport, facts: readonly Fact[], weight: number): Verdict {
  return {result: 'ok', transport, failure: null, cause: null, unknown: null, facts, weight}
}

function fails(
  failure: Failure,
  cause: Cause | null,
  facts: readonly Fact[],
  weight: number,
  transport: Transport = 'none',
): Verdict {
  return {result: 'fails', transport, failure, cause, unknown: null, facts, weight}
}

function cannotTell(cause: Cause, message: string, facts: readonly Fact[], weight: number): Verdict {
  return {
    result: 'unknown',
    transport: 'unknown',
    failure: null,
    cause,
    unknown: {cause, message},
    facts,
    weight,
  }
}

/**
 * The verdicts of a client on one cluster of a server, one an endpoint workload (the table B9 of istio-semantics,
 * whose server side is asserted in pilot/pkg/networking/core/sidecar_simulation_test.go).
 */
export function clusterVerdicts(
  mesh: Mesh,
  client: Workload | null,
  server: Server,
  subset: string | null,
): readonly Verdict[] {
  const sent =
    client === null
      ? outsider()
      : (reach(mesh, client, server) ?? clusterSending(mesh, client, server, subset))
  return verdictsOf(mesh, client, server, subset, sent, server)
}

/** The same where a route leads from a called server to another: how that one could be called does not count. */
export function routedVerdicts(
  mesh: Mesh,
  client: Workload,
  server: Server,
  subset: string | null,
  called: Server,
): readonly Verdict[] {
  return verdictsOf(mesh, client, server, subset, clusterSending(mesh, client, server, subset), called)
}

/** The same by a name that the client's proxy does not know, of a service that it does. */
export function hiddenVerdicts(mesh: Mesh, client: Workload, target: Server): readonly Verdict[] {
  return verdictsOf(mesh, client, target, null, unknownName(mesh, client, target), target)
}

function verdictsOf(
  mesh: Mesh,
  client: Workload | null,
  server: Server,
  subset: string | null,
  sent: Sending,
  called: Server,
): readonly Verdict[] {
  const meshed = client !== null && mesh.injection(client).inMesh === true
  if (sent.kind === 'unknown')
    return [
      cannotTell(sent.cause ?? 'opaque-config', sent.unknown?.message ?? 'cannot be told', sent.facts, 1),
    ]
  if (sent.kind === 'blocked')
    return [fails(blockedFailure(mesh, client, server), 'registry-only', sent.facts, 1)]
  if (sent.kind === 'unrouted') return [fails('404 NR', 'service-hidden-by-sidecar', sent.facts, 1)]
  const original = sent.past === true || dialsOriginal(server, subset, sent.choice)
  const endpoints = original
    ? dialled(mesh, called)
    : endpointsOf(
        mesh,
        server,
        subset === null ? {} : (sent.choice?.subsets.find(one => one.name === subset)?.labels ?? {}),
      )
  if (original && called.service.kind === 'ServiceEntry' && called.service.location === 'mesh')
    return [goesElsewhere(called, sent)]
  if (endpoints === null) return [withoutEndpoints(mesh, server, sent, called, original, meshed)]
  return endpoints.map(endpoint => {
    const arrived = endpointVerdict(mesh, sent, server, called, subset, endpoint, meshed)
    if (arrived.transport === 'mtls' && !isExpected(mesh, server, sent, endpoint.workload))
      return isAnother(server, called, endpoint, sent, meshed)
    const verdict = authorized(mesh, client, called, endpoint, sent, arrived)
    if (verdict.result === 'fails' || listens(endpoint, called)) return verdict
    return nothingListens(called, endpoint, meshed)
  })
}

/**
 * REGISTRY_ONLY answers with 502 where a listener takes the port for HTTP, because of some service that is known; else
 * the call ends in the black hole (httproute.go buildCatchAllVirtualHost, listener.go).
 */
function blockedFailure(mesh: Mesh, client: Workload | null, {port}: Server): Failure {
  const answered =
    client !== null && mayBeHttp(port.protocol) && mesh.sidecarScope(client).routesHttp(port.port)
  return answered ? '502' : 'connection reset'
}

function outsider(): Sending {
  return {
    kind: 'plaintext',
    cause: 'client-not-in-mesh',
    facts: [fact('the caller has no proxy')],
    unknown: null,
    choice: null,
    past: true,
  }
}

interface Endpoint {
  readonly workload: Workload
  readonly port: number
}

/** Workloads behind a service that have its port, and these labels; null where none is known. */
function endpointsOf(mesh: Mesh, server: Server, labels: Labels): readonly Endpoint[] | null {
  const found = mesh.endpoints(server.service).flatMap(workload => {
    for (const key in labels) if (workload.labels[key] !== labels[key]) return []
    const port = mesh.targetPort(server.port, workload)
    return port === null ? [] : [{workload, port}]
  })
  return found.length === 0 ? null : found
}

/**
 * Who is reached at the address of a service: kube-proxy maps the ports of all but headless ones, whose name stands for
 * the pods themselves.
 */
function dialled(mesh: Mesh, {service, port}: Server): readonly Endpoint[] | null {
  const found = endpointsOf(mesh, {service, port}, {})
  return service.type === 'Headless' && found !== null
    ? found.map(({workload}) => ({workload, port: port.port}))
    : found
}

/** A headless Service does not map its port: only where the containers have it as well is anybody there. */
function listens({workload, port}: Endpoint, {service, port: called}: Server): boolean {
  if (service.type !== 'Headless' || port !== called.port || port === called.targetPort) return true
  const declared = workload.containers.flatMap(container => container.ports)
  return declared.some(one => one.port === port)
}

function nothingListens({service, port}: Server, {workload}: Endpoint, meshed: boolean): Verdict {
  const text = `${service.host} is headless, so port ${port.port} is not mapped to ${port.targetPort}, where ${workload.namespace}/${workload.name} listens`
  const weight = workload.replicas ?? 1
  return fails(
    failureOf(port.protocol, meshed),
    'headless-port-not-mapped',
    [fact(text, service.object, port.path)],
    weight > 0 ? weight : 1,
  )
}

/**
 * Whether a client that reaches a pod through the cluster of a service accepts its certificate: one that the
 * DestinationRule names, else that of an account of the service's own pods
 * (istio pilot/pkg/networking/core/cluster_tls.go buildIstioMutualTLS, model/push_context.go ServiceAccounts).
 */
function isExpected(mesh: Mesh, {service}: Server, {accepted = []}: Sending, reached: Workload): boolean {
  if (accepted.length > 0) return accepted.includes(identityOf(mesh, reached))
  const own = mesh.endpoints(service)
  return (
    own.length === 0 ||
    own.includes(reached) ||
    own.some(one => identityOf(mesh, one) === identityOf(mesh, reached))
  )
}

function identityOf(mesh: Mesh, {namespace, serviceAccount}: Workload): string {
  return `spiffe://${mesh.meshConfig.trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}

function isAnother(
  server: Server,
  called: Server,
  {workload}: Endpoint,
  sent: Sending,
  meshed: boolean,
): Verdict {
  const asked = (sent.accepted ?? []).join(', ') || `those of the pods of ${server.service.host}`
  const text = `the client accepts only the identities ${asked}, and ${workload.namespace}/${workload.name} has that of ${workload.serviceAccount}`
  const weight = workload.replicas ?? 1
  return fails(
    failureOf(called.port.protocol, meshed),
    'identity-mismatch',
    [...sent.facts, fact(text, workload.object, [...workload.templatePath, 'spec', 'serviceAccountName'])],
    weight > 0 ? weight : 1,
  )
}

/** Past the proxy the name of a ServiceEntry leads to wherever it resolves, not to the pods that the entry selects. */
function goesElsewhere({service}: Server, sent: Sending): Verdict {
  const message = `calls of ${service.host} go past the proxy, to where the name resolves; who is there is not known`
  return cannotTell('endpoints-unknown', message, sent.facts, 1)
}

/** Clusters whose endpoints are no workloads of the input: external hosts, manual endpoints, or nothing at all. */
function withoutEndpoints(
  mesh: Mesh,
  server: Server,
  sent: Sending,
  called: Server,
  original: boolean,
  meshed: boolean,
): Verdict {
  const {service, port} = server
  if (service.location === 'external' && service.selector === null) {
    if (sent.kind === 'mtls')
      return cannotTell(
        'endpoints-unknown',
        `${service.host} is outside the mesh; whether it speaks mTLS with the mesh's certificates is not known`,
        sent.facts,
        1,
      )
    return ok(sent.kind === 'tls' ? 'tls' : asSent(called.port.protocol), sent.facts, 1)
  }
  if (service.selector === null) {
    const plain = sent.kind === 'plaintext' || sent.kind === 'match'
    if (service.kind === 'Service' && plain)
      return ok(
        asSent(port.protocol),
        [
          ...sent.facts,
          fact(
            `${service.host} has no selector: its endpoints have no sidecar that istiod knows of`,
            service.object,
          ),
        ],
        1,
      )
    return cannotTell(
      'endpoints-unknown',
      `what stands behind ${service.host} is not in the input`,
      sent.facts,
      1,
    )
  }
  const complete = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod'].every(kind => mesh.complete(kind))
  if (!complete)
    return cannotTell(
      'endpoints-unknown',
      `no workload in the input matches the selector of ${service.host}`,
      [fact('its selector', service.object, ['spec', 'selector'])],
      1,
    )
  return fails(
    meshed && sent.past !== true && mayBeHttp(called.port.protocol)
      ? // Nobody is behind the address that was called, or the cluster has no address at all.
        original
        ? '503 UF'
        : '503 UH'
      : 'connection reset',
    'no-endpoints',
    [fact('no workload matches its selector', service.object, ['spec', 'selector'])],
    1,
  )
}

/** A port declared TLS carries the application's own TLS when the mesh adds none. */
function asSent(protocol: Protocol): Transport {
  return protocol === 'HTTPS' || protocol === 'TLS' ? 'tls' : 'plaintext'
}

function endpointVerdict(
  mesh: Mesh,
  sent: Sending,
  server: Server,
  called: Server,
  subset: string | null,
  {workload, port}: Endpoint,
  meshed: boolean,
): Verdict {
  const weight = workload.replicas ?? 1
  const share = weight > 0 ? weight : 1
  const injection = mesh.injection(workload)
  if (injection.mode === 'gateway')
    return ok(asSent(called.port.protocol), [...sent.facts, ...injection.facts], share)
  if (sent.kind === 'hbone' || injection.mode === 'ambient')
    return ambientVerdict(mesh, sent, called, workload, port, share)
  const demanded = mesh.peerAuthentication(workload, port)
  if (sent.kind !== 'match') {
    const wire = sent.kind === 'mtls' || sent.kind === 'tls' ? sent.kind : 'plaintext'
    return judgeWire(mesh, wire, sent.cause, sent.facts, demanded, called, {workload, port}, share, meshed)
  }
  const chosen = endpointTransport(mesh, sent.choice, server, subset, workload, port)
  const facts = [...sent.facts, ...chosen.facts]
  if (chosen.kind === 'unknown')
    return cannotTell(
      chosen.cause ?? 'opaque-config',
      `what the client sends to ${workload.namespace}/${workload.name} is not known`,
      facts,
      share,
    )
  return judgeWire(mesh, chosen.kind, chosen.cause, facts, demanded, called, {workload, port}, share, meshed)
}

/**
 * What the server's AuthorizationPolicies make of a call that its transport lets through. Where they decide by what
 * only a request shows, the call stays possible and the facts say on what it depends.
 */
function authorized(
  mesh: Mesh,
  client: Workload | null,
  called: Server,
  {workload, port}: Endpoint,
  sent: Sending,
  verdict: Verdict,
): Verdict {
  if (verdict.result !== 'ok' || mesh.injection(workload).mode !== 'sidecar') return verdict
  if (inboundInterception(workload).excludes(port)) return verdict
  const {verdict: permission, facts} = authorize(
    mesh,
    {workload: client, identified: verdict.transport === 'mtls'},
    workload,
    port,
  )
  if (permission === 'allowed') return verdict
  const told = [...verdict.facts, ...facts]
  if (permission === 'depends') return {...verdict, facts: told}
  const inbound = inboundProtocol(mesh, workload, port)
  const failure = readsHttp(inbound, called, sent, verdict) ? '403' : 'connection reset'
  return fails(failure, 'authorization-denies', told, verdict.weight, verdict.transport)
}

/**
 * Whether the server's proxy reads a call as HTTP, and so can answer it: on a sniffed port, where it sees that it is,
 * or where the client's proxy saw it and says so by its ALPN (istio pilot/pkg/xds/filters/filters.go Alpn).
 */
function readsHttp(inbound: Protocol, called: Server, sent: Sending, {transport}: Verdict): boolean {
  if (isHttp(inbound)) return true
  if (inbound !== 'Auto' || !mayBeHttp(called.port.protocol)) return false
  return transport === 'plaintext' || (transport === 'mtls' && sent.past !== true)
}

/** Ambient is recognised and never misreported: what ztunnel encrypts is said, the rest is left open. */
function ambientVerdict(
  mesh: Mesh,
  sent: Sending,
  server: Server,
  workload: Workload,
  port: number,
  weight: number,
): Verdict {
  const demanded = mesh.peerAuthentication(workload, port)
  const facts = [...sent.facts, ...mesh.injection(workload).facts, ...demanded.facts]
  const ambientServer = mesh.injection(workload).mode === 'ambient'
  if (ambientServer && sent.kind === 'hbone') return ok('hbone', facts, weight)
  if (ambientServer && sent.kind === 'plaintext') {
    if (demanded.mode === 'STRICT') return fails('connection reset', sent.cause, facts, weight)
    if (demanded.mode !== 'unknown') return ok(asSent(server.port.protocol), facts, weight)
  }
  if (!ambientServer && demanded.mode === 'NONE') return ok(asSent(server.port.protocol), facts, weight)
  const message =
    'one side is in ambient mode and the other has a sidecar: whether both speak HBONE is not known from manifests'
  return cannotTell('ambient', message, facts, weight)
}

/** One wire format against one server mode: the table B9. */
function judgeWire(
  mesh: Mesh,
  wire: Wire,
  cause: Cause | null,
  sentFacts: readonly Fact[],
  demanded: ServerMode,
  server: Server,
  {workload, port}: Endpoint,
  weight: number,
  meshed: boolean,
): Verdict {
  const protocol = server.port.protocol
  const isSniffed = (): boolean => inboundProtocol(mesh, workload, port) === 'Auto'
  const takesHttp = (): boolean => isHttp(inboundProtocol(mesh, workload, port))
  const where = fact(
    `${workload.namespace}/${workload.name} demands ${demanded.mode} on port ${server.port.port}`,
    workload.object,
  )
  const facts = [...sentFacts, where, ...demanded.facts]
  const appTls = wire === 'plaintext' && asSent(protocol) === 'tls'
  // A port that is read as HTTP has no filter chain for TLS but the mesh's own (listener_inbound.go).
  const isTlsToHttp = (): boolean => (wire === 'tls' || appTls) && takesHttp()
  const tlsToHttp = (): Verdict =>
    appTls
      ? fails(meshed ? 'connection reset' : 'tls error', 'app-tls-to-http-port', facts, weight)
      : fails('503 UF', 'destination-rule-plain-tls-to-http-port', facts, weight)
  switch (demanded.mode) {
    case 'unknown':
      return cannotTell(
        demanded.reason === 'rivals' ? 'rival-policies-without-age' : 'revision-unknown',
        `what ${workload.namespace}/${workload.name} demands is not known`,
        facts,
        weight,
      )
    case 'NONE':
      if (wire !== 'mtls') return ok(wire === 'tls' ? 'tls' : asSent(protocol), facts, weight)
      return fails(
        failureOf(protocol, meshed),
        demanded.reason === 'excluded-port' ? 'excluded-port-gets-mtls' : noSidecarCause(cause),
        facts,
        weight,
      )
    case 'STRICT':
      if (wire === 'mtls') return ok('mtls', facts, weight)
      if (wire === 'tls')
        return fails(
          meshed && mayBeHttp(protocol) ? '503 UF' : 'tls error',
          cause ?? 'destination-rule-plain-tls-to-strict',
          facts,
          weight,
        )
      if (meshed)
        return fails(
          mayBeHttp(protocol) ? '503 UC' : 'connection reset',
          cause ?? 'client-sends-plaintext-to-strict',
          facts,
          weight,
        )
      return fails(appTls ? 'tls error' : 'connection reset', cause ?? 'client-not-in-mesh', facts, weight)
    case 'PERMISSIVE':
      if (wire === 'mtls') return ok('mtls', facts, weight)
      if (isTlsToHttp()) return tlsToHttp()
      if (wire === 'plaintext' && !appTls && speaksFirst(server, workload))
        return serverFirst(facts, server, weight)
      return ok(wire === 'tls' ? 'tls' : asSent(protocol), facts, weight)
    case 'DISABLE':
      // Only sniffing has a proxy wait here: for what tells HTTP from all else.
      if (wire === 'plaintext' && speaksFirst(server, workload) && isSniffed())
        return serverFirst(facts, server, weight)
      if (isTlsToHttp()) return tlsToHttp()
      if (wire !== 'mtls') return ok(wire === 'tls' ? 'tls' : asSent(protocol), facts, weight)
      return fails(
        failureOf(protocol, meshed),
        cause === 'headless-disabled-workload' ? cause : 'destination-rule-mutual-to-disabled',
        facts,
        weight,
      )
  }
}

function failureOf(protocol: Protocol, meshed: boolean): Failure {
  return meshed && mayBeHttp(protocol) ? '503 UF' : 'connection reset'
}

/** mTLS went to a pod without a proxy: by a rule that forces it, or by a label that promises what is not there. */
function noSidecarCause(cause: Cause | null): Cause {
  return cause === 'tls-mode-label' || cause === 'headless-disabled-workload'
    ? cause
    : 'destination-rule-mutual-to-server-without-sidecar'
}

const serverFirstPorts: readonly number[] = [21, 22, 25, 110, 143, 587, 1433, 3306, 5900]
const serverFirstImages =
  /(^|\/)(mysql|mariadb|percona|vsftpd|openssh|sshd|postfix|exim|dovecot)(-server)?[:@]?/i

/** Whether the server speaks before its client, by port number, declared protocol, or image. */
export function speaksFirst(server: Server, workload: Workload): boolean {
  if (isHttp(server.port.protocol)) return false
  if (server.port.protocol === 'MySQL') return true
  const ports = [server.port.port, server.port.targetPort]
  if (serverFirstPorts.some(port => ports.includes(port))) return true
  return workload.containers.some(container => !container.init && serverFirstImages.test(container.image))
}

/** PERMISSIVE waits for the client's first bytes to tell TLS from plaintext, and this client waits for the server (A11). */
function serverFirst(facts: readonly Fact[], server: Server, weight: number): Verdict {
  const message = `${server.service.host}:${server.port.port} seems to speak first; a plaintext client of such a server may hang where its proxy waits for the client`
  return cannotTell('server-first-protocol', message, facts, weight)
}
