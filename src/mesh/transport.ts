import {isRecord, list, record} from '../objects/json.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {outboundInterception} from './injection.ts'
import type {DestinationRuleChoice, Mesh, Server, Service, TrafficPolicy, Workload} from './mesh.ts'
import type {Cause, Unknown} from './outcome.ts'
import {namespaceHint, policyMode} from './peer-authentication.ts'
import {perMesh} from './per-mesh.ts'
import {isHttp} from './protocols.ts'
import {rivalHost} from './rival-hosts.ts'

/**
 * What a client's proxy puts on the wire to the endpoints of one cluster (a service's port, and a subset). `match`
 * is auto mTLS: each endpoint gets what `endpointTransport` says.
 */
export interface Sending {
  readonly kind: 'plaintext' | 'mtls' | 'tls' | 'match' | 'hbone' | 'blocked' | 'unrouted' | 'unknown'
  /** What to blame where this makes the edge fail. */
  readonly cause: Cause | null
  readonly facts: readonly Fact[]
  readonly unknown: Unknown | null
  readonly choice: DestinationRuleChoice | null
  /** Whether the connection goes on to the address that the client wanted, past every cluster. */
  readonly past?: boolean
  /** The identities that a DestinationRule asks of the server, instead of those of the service's own pods. */
  readonly accepted?: readonly string[]
}

const tlsModeKey = 'security.istio.io/tlsMode'

function sending(
  kind: Sending['kind'],
  cause: Cause | null,
  facts: readonly Fact[],
  choice: DestinationRuleChoice | null = null,
): Sending {
  return {kind, cause, facts, unknown: null, choice}
}

/** As the application sends it, to where the application sends it. */
function past(cause: Cause, facts: readonly Fact[]): Sending {
  return {...sending('plaintext', cause, facts), past: true}
}

function unknownSending(
  cause: Cause,
  message: string,
  facts: readonly Fact[],
  choice: DestinationRuleChoice | null = null,
): Sending {
  return {kind: 'unknown', cause, facts, unknown: {cause, message}, choice}
}

/** How a client reaches a service at all, before any DestinationRule: by its proxy's cluster, or past it. */
export function reach(mesh: Mesh, client: Workload, server: Server): Sending | null {
  const injection = mesh.injection(client)
  if (injection.inMesh === 'unknown') {
    return unknownSending(
      'revision-unknown',
      `whether ${client.namespace}/${client.name} is injected is not known`,
      injection.facts,
    )
  }
  if (injection.inMesh === false) return past('client-not-in-mesh', injection.facts)
  if (injection.mode === 'ambient') return sending('hbone', 'ambient', injection.facts)
  if (injection.mode === 'gateway') return null
  const bypass = pastProxy(client, server)
  if (bypass !== null) return bypass
  const rival = rivalHost(mesh, client, server.service)
  if (rival !== null) return unknownSending('host-declared-twice', rival.text, [rival])
  const visibility = mesh.visible(client, server.service, server.port.port)
  const scope = mesh.sidecarScope(client)
  const hidden = visibility.why === 'sidecar' ? 'service-hidden-by-sidecar' : 'service-not-exported'
  const taken = takenByAnother(mesh, client, server, visibility.visible)
  if (taken !== null) return unknownSending(hidden, taken.text, [...visibility.facts, taken])
  if (visibility.visible) return null
  if (visibility.why === 'sidecar' && scope.listensUnrouted(server.service, server.port.port)) {
    const why = fact(
      `the client's proxy listens for ${server.service.host} and has no route: an egress listener for its port lists other hosts`,
    )
    return sending('unrouted', hidden, [...scope.facts, why])
  }
  return notKnown(mesh, client, server, hidden, visibility.facts)
}

/** A name that the client's proxy does not have, of a service that it has: a Sidecar imports only the service. */
export function unknownName(mesh: Mesh, client: Workload, server: Server): Sending {
  return notKnown(mesh, client, server, 'service-hidden-by-sidecar', [])
}

function notKnown(
  mesh: Mesh,
  client: Workload,
  {service}: Server,
  hidden: Cause,
  facts: readonly Fact[],
): Sending {
  const scope = mesh.sidecarScope(client)
  if (scope.outboundTrafficPolicy === 'REGISTRY_ONLY')
    return sending('blocked', 'registry-only', [...new Set([...facts, ...scope.facts])])
  const passthrough = fact(`the client's proxy does not know ${service.host} and passes calls on as they are`)
  return past(hidden, [...facts, passthrough])
}

/** Services that have no address of their own, by their ports that are not HTTP. */
const withoutAddress = perMesh((mesh): ReadonlyMap<number, readonly Service[]> => {
  const found = new Map<number, Service[]>()
  for (const service of mesh.services) {
    const addresses = list(record(service.object.value['spec'])['addresses'])
    if (service.kind === 'Service' ? service.type !== 'Headless' : addresses.length > 0) continue
    for (const {port, protocol} of service.ports) {
      if (!isHttp(protocol)) found.set(port, [...(found.get(port) ?? []), service])
    }
  }
  return found
})

/**
 * A service without an address listens on all of them for a port that is not HTTP: a ServiceEntry always, a headless
 * Service where a Sidecar has an egress listener for just that port (listener.go buildSidecarOutboundListeners). What
 * is not known takes that way, and of several such services the first takes all.
 */
function takenByAnother(
  mesh: Mesh,
  client: Workload,
  {service, port}: Server,
  visible: boolean,
): Fact | null {
  const candidates = withoutAddress(mesh).get(port.port)
  if (candidates === undefined) return null
  const scope = mesh.sidecarScope(client)
  const takes = (other: Service): boolean =>
    (other.kind === 'ServiceEntry' || scope.ownListener(other, port.port)) &&
    mesh.visible(client, other, port.port).visible
  if (visible && !(candidates.includes(service) && takes(service))) return null
  const taker = candidates.find(other => other !== service && takes(other))
  if (taker === undefined) return null
  const text = `${taker.host} has no address, so the client's proxy may take for it what goes to port ${port.port} of ${service.host}`
  return fact(text, taker.object, ['spec'])
}

function pastProxy(client: Workload, server: Server): Sending | null {
  const interception = outboundInterception(client)
  if (!interception.excludes(server.port.port)) return outboundRanges(client)
  return past('client-port-excluded', interception.fact === null ? [] : [interception.fact])
}

/** Whether a client's calls go, or may go, past its own proxy. */
export function bypasses(mesh: Mesh, client: Workload, server: Server): boolean {
  return mesh.injection(client).mode !== 'sidecar' || pastProxy(client, server) !== null
}

/** IP ranges that bypass the proxy: all or none can be told from manifests, others need the service's address. */
function outboundRanges(client: Workload): Sending | null {
  const exclude = client.annotations['traffic.sidecar.istio.io/excludeOutboundIPRanges']
  const include = client.annotations['traffic.sidecar.istio.io/includeOutboundIPRanges']
  const key = include !== undefined && include !== '*' ? 'includeOutboundIPRanges' : 'excludeOutboundIPRanges'
  const value = key === 'includeOutboundIPRanges' ? include : exclude
  if (value === undefined || (key === 'excludeOutboundIPRanges' && value === '')) return null
  const why = fact(`annotation traffic.sidecar.istio.io/${key}: "${value}"`, client.object, [
    ...client.templatePath,
    'metadata',
    'annotations',
    `traffic.sidecar.istio.io/${key}`,
  ])
  const none = key === 'includeOutboundIPRanges' ? value === '' : value.includes('0.0.0.0/0')
  if (none) return past('client-port-excluded', [why])
  return unknownSending(
    'client-port-excluded',
    `whether the service's address lies in ${key} "${value}" is not known from manifests`,
    [why],
  )
}

/**
 * What a proxy sends into one cluster: the DestinationRule's TLS where it sets one, else auto mTLS and its exceptions
 * (pilot/pkg/networking/core/cluster_tls.go buildAutoMtlsSettings, applyUpstreamTLSSettings).
 */
export function clusterSending(mesh: Mesh, client: Workload, server: Server, subset: string | null): Sending {
  const {service, port} = server
  const rival = rivalHost(mesh, client, service)
  if (rival !== null) return unknownSending('host-declared-twice', rival.text, [rival])
  const choice = mesh.destinationRule(client, service)
  if (choice !== null && choice.rivals.length > 0) {
    const names = choice.rivals.map(rule => `${rule.id.namespace}/${rule.id.name}`).join(' and ')
    return unknownSending(
      'rival-policies-without-age',
      `which DestinationRule is older decides, and these carry no age: ${names}`,
      choice.rivals.map(rule => fact('a rival', rule)),
      choice,
    )
  }
  const policy = choice?.policy(port.port, subset) ?? null
  const tls = policy?.policy.tls ?? null
  if (policy !== null && tls !== null) {
    const why = fact(
      `DestinationRule ${policy.rule.id.namespace}/${policy.rule.id.name} sets tls mode ${tls.mode}`,
      policy.rule,
      tls.path,
    )
    return userSupplied(mesh, client, tls, why, choice)
  }
  return autoMtls(mesh, server, subset, choice)
}

function userSupplied(
  mesh: Mesh,
  client: Workload,
  tls: NonNullable<TrafficPolicy['tls']>,
  why: Fact,
  choice: DestinationRuleChoice | null,
): Sending {
  if (tls.mode === 'DISABLE') return sending('plaintext', 'destination-rule-disables-tls', [why], choice)
  if (tls.mode === 'ISTIO_MUTUAL')
    return {
      ...sending('mtls', 'destination-rule-mutual-to-server-without-sidecar', [why], choice),
      accepted: tls.subjectAltNames,
    }
  // A sidecar loads no secrets by name, so the cluster is left without any TLS (cluster_tls.go:116-128).
  const selects = isRecord(record(why.object?.value['spec'])['workloadSelector'])
  const byName =
    tls.credentialName !== null && tls.credentialName !== '' && !tls.credentialName.startsWith('configmap://')
  if (byName && !selects && mesh.injection(client).mode !== 'gateway') {
    const ignored = fact(
      `credentialName is ignored on a sidecar without workloadSelector: plaintext is sent`,
      why.object,
      why.path,
    )
    return sending('plaintext', 'credential-name-ignored', [why, ignored], choice)
  }
  return sending('tls', 'destination-rule-plain-tls-to-strict', [why], choice)
}

/**
 * Whether the cluster sends to the address that the client dialled, whatever its endpoints are: the type ORIGINAL_DST
 * (cluster.go convertResolution, cluster_traffic_policy.go applyLoadBalancer).
 */
export function dialsOriginal(
  {service, port}: Server,
  subset: string | null,
  choice: DestinationRuleChoice | null,
): boolean {
  return service.resolution === 'none' || choice?.dialsOriginal(port.port, subset) === true
}

function autoMtls(
  mesh: Mesh,
  server: Server,
  subset: string | null,
  choice: DestinationRuleChoice | null,
): Sending {
  const {service, port} = server
  if (service.location === 'external') {
    return sending(
      'plaintext',
      null,
      [fact(`${service.host} is outside the mesh, so no mTLS is added`, service.object)],
      choice,
    )
  }
  if (!mesh.meshConfig.enableAutoMtls) {
    const off = fact(
      'enableAutoMtls is false and no DestinationRule sets ISTIO_MUTUAL',
      mesh.meshConfig.object,
    )
    return sending('plaintext', 'auto-mtls-off', [off], choice)
  }
  // Here the balancer of a port does not count (push_context.go BestEffortInferServiceMTLSMode).
  if (service.resolution === 'none' || choice?.passesOn(subset) === true) {
    const endpoints = mesh.endpoints(service).filter(one => mesh.targetPort(port, one) !== null)
    const bare = endpoints.find(endpoint => endpointLabel(mesh, endpoint) !== 'istio')
    if (bare !== undefined || endpoints.length === 0) {
      const text =
        bare === undefined
          ? 'the headless service has no endpoint'
          : `${bare.namespace}/${bare.name} behind the headless service has no sidecar, so plaintext is sent to all of its pods`
      return sending(
        'plaintext',
        'headless-mixed-injection',
        [fact(text, bare?.object ?? service.object)],
        choice,
      )
    }
  }
  const hint = namespaceHint(mesh, service.namespace)
  if (hint.mode === 'unknown')
    return unknownSending(
      'rival-policies-without-age',
      'which PeerAuthentication of the namespace is older decides, and they carry no age',
      hint.policies.map(policy => fact('a rival', policy)),
      choice,
    )
  if (hint.mode === 'DISABLE') {
    return sending(
      'plaintext',
      'namespace-disable-hint',
      hint.policies.map(policy =>
        fact('a namespace-wide or mesh-wide DISABLE turns auto mTLS off for its services', policy, [
          'spec',
          'mtls',
          'mode',
        ]),
      ),
      choice,
    )
  }
  const auto = fact('no DestinationRule sets tls, so auto mTLS decides')
  if (dialsOriginal(server, subset, choice))
    return sending(
      'mtls',
      'headless-disabled-workload',
      [auto, fact('a headless service gets mTLS on all its pods or on none', service.object)],
      choice,
    )
  return sending('match', null, [auto], choice)
}

/** The label by which istiod takes an endpoint for mTLS; the injector sets it unless it is there (A8). */
export function endpointLabel(mesh: Mesh, endpoint: Workload): string | null {
  const written = endpoint.labels[tlsModeKey]
  if (written !== undefined) return written
  const {inMesh, mode} = mesh.injection(endpoint)
  return inMesh === true && mode === 'sidecar' ? 'istio' : null
}

/** What auto mTLS sends to one endpoint (pilot/pkg/xds/endpoints/mtls_checker.go checkMtlsEnabled). */
export function endpointTransport(
  mesh: Mesh,
  choice: DestinationRuleChoice | null,
  server: Server,
  subset: string | null,
  endpoint: Workload,
  targetPort: number,
): {
  readonly kind: 'mtls' | 'plaintext' | 'unknown'
  readonly cause: Cause | null
  readonly facts: readonly Fact[]
} {
  if (mesh.injection(endpoint).inMesh === 'unknown' && endpoint.labels[tlsModeKey] === undefined) {
    return {kind: 'unknown', cause: 'revision-unknown', facts: mesh.injection(endpoint).facts}
  }
  const labelled = endpointLabel(mesh, endpoint) === 'istio'
  const labelFact =
    endpoint.labels[tlsModeKey] === undefined
      ? []
      : [
          fact(`pod label ${tlsModeKey}: ${endpoint.labels[tlsModeKey] ?? ''}`, endpoint.object, [
            ...endpoint.templatePath,
            'metadata',
            'labels',
            tlsModeKey,
          ]),
        ]
  if (!labelled)
    return {kind: 'plaintext', cause: labelFact.length > 0 ? 'tls-mode-label' : null, facts: labelFact}
  const mode = choice?.endpointTlsMode(server.port.port, subset) ?? null
  if (mode !== null) {
    const kind = mode === 'ISTIO_MUTUAL' ? 'mtls' : 'plaintext'
    return {kind, cause: kind === 'plaintext' ? 'destination-rule-disables-tls' : null, facts: labelFact}
  }
  const policy = policyMode(mesh, endpoint, targetPort)
  if (policy.mode === 'unknown')
    return {kind: 'unknown', cause: 'rival-policies-without-age', facts: policy.facts}
  if (policy.mode === 'DISABLE')
    return {kind: 'plaintext', cause: null, facts: [...labelFact, ...policy.facts]}
  return {kind: 'mtls', cause: labelFact.length > 0 ? 'tls-mode-label' : null, facts: labelFact}
}

export const endpointLabelKey = tlsModeKey
