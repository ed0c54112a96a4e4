import type {KubeObject, Path, ReadProblem} from '../objects/object.ts'
import type {Fact} from './fact.ts'
import type {Faults, Judgement, OutlierDetection, Retries} from './outcome.ts'

/** Labels as they match selectors. */
export type Labels = Readonly<Record<string, string>>

// --- workloads -------------------------------------------------------------------------------

export interface ContainerPort {
  readonly name: string | null
  readonly port: number
  readonly protocol: string
}

export interface Probe {
  readonly kind: 'liveness' | 'readiness' | 'startup'
  readonly handler: 'http' | 'tcp' | 'grpc' | 'exec'
  readonly port: number | string | null
  readonly path: Path
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly init: boolean
  readonly ports: readonly ContainerPort[]
  /** Literal values only; `valueFrom` is not followed here (see `edges`). */
  readonly env: readonly {readonly name: string; readonly value: string; readonly path: Path}[]
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly probes: readonly Probe[]
  /** Where the container stands in its object. */
  readonly path: Path
}

export type WorkloadKind =
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'ReplicaSet'
  | 'Job'
  | 'CronJob'
  | 'Pod'
  | 'Rollout'
  | 'ReplicationController'

/** Anything with a pod template; the object is the one to change: a Deployment, not its Pod. */
export interface Workload {
  readonly object: KubeObject
  readonly kind: WorkloadKind
  readonly namespace: string
  readonly name: string
  /** Of the pod template. */
  readonly labels: Labels
  readonly annotations: Labels
  readonly serviceAccount: string
  readonly hostNetwork: boolean
  /** Null where it cannot be told (DaemonSet). A CronJob or Job counts as 1. */
  readonly replicas: number | null
  readonly containers: readonly Container[]
  /** Where the pod template stands in the object: `['spec', 'template']`; `[]` for a Pod. */
  readonly templatePath: Path
  /** Pods seen live that this workload owns; empty offline. */
  readonly pods: readonly KubeObject[]
}

export type InjectionReason =
  | 'namespace-label'
  | 'namespace-revision'
  | 'pod-label'
  | 'pod-revision'
  | 'sidecar-in-template'
  | 'running-pods'
  | 'injected-by-default'
  | 'not-labelled'
  | 'namespace-disabled'
  | 'pod-disabled'
  | 'annotation-disabled'
  | 'host-network'
  | 'ignored-namespace'
  | 'revision-unknown'
  | 'ambient'
  | 'gateway'

/** Whether a workload's pods get a sidecar, and what decides it (istio-semantics G2, G3). */
export interface Injection {
  /** `unknown` where the deciding revision is not known to exist. */
  readonly inMesh: boolean | 'unknown'
  readonly mode: 'sidecar' | 'gateway' | 'ambient' | 'none'
  readonly reason: InjectionReason
  readonly revision: string | null
  readonly facts: readonly Fact[]
}

// --- services --------------------------------------------------------------------------------

/** A protocol as istiod selects it (istio-semantics A12); `Auto` is sniffed. */
export type Protocol =
  'HTTP' | 'HTTP2' | 'GRPC' | 'HTTPS' | 'TLS' | 'TCP' | 'UDP' | 'Auto' | 'Mongo' | 'MySQL' | 'Redis'

export interface ServicePort {
  readonly name: string | null
  readonly port: number
  /** As written: a number, or the name of a container port. For a ServiceEntry its targetPort or port. */
  readonly targetPort: number | string
  readonly protocol: Protocol
  readonly declaredBy: 'appProtocol' | 'name' | 'well-known-port' | 'none'
  readonly path: Path
}

/** A host of the registry: a Kubernetes Service or a host of a ServiceEntry. */
export interface Service {
  readonly object: KubeObject
  readonly kind: 'Service' | 'ServiceEntry'
  readonly namespace: string
  readonly name: string
  /** `reviews.default.svc.cluster.local`, or the ServiceEntry's host, which may be a wildcard. */
  readonly host: string
  readonly ports: readonly ServicePort[]
  /** Null without a selector. */
  readonly selector: Labels | null
  readonly type: 'ClusterIP' | 'Headless' | 'NodePort' | 'LoadBalancer' | 'ExternalName' | 'ServiceEntry'
  readonly location: 'mesh' | 'external'
  readonly resolution: 'static' | 'dns' | 'none'
  /** Namespaces that see it: `*`, or a list of names; from the exportTo annotation, field or mesh default. */
  readonly exportTo: readonly string[]
}

// --- policies --------------------------------------------------------------------------------

export type MtlsMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE'

/** What a server's pod demands on one of its ports; NONE: no proxy listens there. */
export interface ServerMode {
  readonly mode: MtlsMode | 'NONE' | 'unknown'
  /** The PeerAuthentications considered last to first: the deciding one first; empty for the default. */
  readonly decidedBy: readonly KubeObject[]
  readonly reason:
    'policy' | 'default' | 'no-sidecar' | 'excluded-port' | 'rivals' | 'ambient' | 'unknown-injection'
  readonly facts: readonly Fact[]
}

export type TlsMode = 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'

export interface TrafficPolicy {
  readonly tls: {
    readonly mode: TlsMode
    readonly credentialName: string | null
    /** The identities of which the server has to have one; empty where the rule names none. */
    readonly subjectAltNames: readonly string[]
    readonly path: Path
  } | null
  readonly outlierDetection: OutlierDetection | null
  readonly loadBalancer: string | null
  readonly path: Path
}

export interface DestinationRuleChoice {
  /** The rules merged for this client and host, deciding one first; empty where none applies. */
  readonly rules: readonly KubeObject[]
  readonly host: string
  readonly from: 'client-namespace' | 'service-namespace' | 'root-namespace'
  readonly subsets: readonly {
    readonly name: string
    readonly labels: Labels
    readonly rule: KubeObject
    readonly path: Path
  }[]
  /** Rules of one place and host whose order decides and is not known, since they carry no age. */
  readonly rivals: readonly KubeObject[]
  /** The policy on a cluster (service port, subset or null for none) as istiod builds it; null where there is none. */
  policy(
    port: number,
    subset: string | null,
  ): {readonly policy: TrafficPolicy; readonly rule: KubeObject} | null
  /**
   * The TLS mode by which endpoints are matched under auto mTLS: it inherits from the rule's top level where the
   * cluster's own policy does not (istio-semantics B4). Null where none is set.
   */
  endpointTlsMode(port: number, subset: string | null): TlsMode | null
  /** Whether the rule (or the subset) itself passes connections on to where the client wanted, whatever its ports say. */
  passesOn(subset: string | null): boolean
  /** Whether its cluster sends to the address that the client dialled (Envoy's ORIGINAL_DST), and not to endpoints. */
  dialsOriginal(port: number, subset: string | null): boolean
}

/** The Sidecar object that scopes a workload, or null for none (everything is visible). */
export interface SidecarScope {
  readonly sidecar: KubeObject | null
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
  readonly facts: readonly Fact[]
  /** Whether calls to the service's name are routed: it has a listener or virtual host. */
  lists(service: Service, port?: number): boolean
  /** That it names a service whose port it takes for HTTP, though it is none: so it has no route. */
  takenForHttp(service: Service, port: number): Fact | null
  /** Whether a service that is listed is so by another name of it too. */
  listsName(service: Service, name: string, port: number): boolean
  /** Whether the proxy has a cluster for the service: one that is listed, or that an imported VirtualService sends to. */
  imports(service: Service, port?: number): boolean
  /** Whether a sniffed port has a listener from one egress listener and, by another, no route: 404 for all of HTTP. */
  listensUnrouted(service: Service, port: number): boolean
  /** Whether an egress listener for just this port lists the service. */
  ownListener(service: Service, port: number): boolean
  /** Whether any call to the port is taken for HTTP, since some service that is known has it as HTTP. */
  routesHttp(port: number): boolean
}

/** How a client finds a host: visible, hidden by its Sidecar, or not exported to its namespace. */
export interface Visibility {
  readonly visible: boolean
  readonly why: 'visible' | 'sidecar' | 'export-to'
  readonly facts: readonly Fact[]
}

/** The one VirtualService that serves a host for a client (istio-semantics B8), and those that lost. */
export interface VirtualServiceChoice {
  readonly virtualService: KubeObject
  readonly losers: readonly KubeObject[]
  /** Those of which any may serve the host, for the oldest does and no age is known; empty where the choice is certain. */
  readonly rivals?: readonly KubeObject[]
  readonly facts: readonly Fact[]
}

export interface TelemetryChoice {
  readonly tracing: {
    readonly on: boolean | 'unknown'
    readonly provider: string | null
    /** Per cent, 0..100. */
    readonly sampling: number
    readonly reason:
      | 'telemetry'
      | 'default-provider'
      | 'no-provider'
      | 'unknown-provider'
      | 'disabled'
      | 'mesh-config-unknown'
      | 'rivals'
  }
  readonly facts: readonly Fact[]
}

export interface ExtensionProvider {
  readonly name: string
  /** The one key beside `name`: `zipkin`, `opentelemetry`, `envoyFileAccessLog`, … */
  readonly kind: string
  readonly service: string | null
  readonly port: number | null
  readonly path: Path
}

/** The mesh-wide settings; `known` is false where none were found and Istio's defaults are assumed. */
export interface MeshConfig {
  readonly known: boolean
  readonly object: KubeObject | null
  readonly rootNamespace: string
  readonly trustDomain: string
  readonly enableAutoMtls: boolean
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
  readonly extensionProviders: readonly ExtensionProvider[]
  readonly defaultTracingProviders: readonly string[]
  readonly defaultServiceExportTo: readonly string[]
  readonly defaultDestinationRuleExportTo: readonly string[]
  readonly defaultVirtualServiceExportTo: readonly string[]
  readonly defaultHttpRetryPolicy: Retries | null
  readonly rewriteAppHTTPProbe: boolean
  readonly enablePrometheusMerge: boolean
}

export interface Version {
  /** `1.31` */
  readonly minor: string
  readonly source: 'flag' | 'config' | 'objects' | 'assumed'
}

// --- edges -----------------------------------------------------------------------------------

export type Knowledge = 'observed' | 'declared' | 'inferred' | 'possible'

export type ClientKind = 'workload' | 'gateway' | 'kubelet' | 'apiserver' | 'prometheus' | 'external'

/** A caller: a workload, or something that is none (a load balancer, a kubelet probe, a scrape). */
export interface Client {
  readonly kind: ClientKind
  readonly namespace: string
  /** The workload's name as its owner has it; for others a name for people. */
  readonly workload: string
  readonly inMesh: boolean | 'unknown'
  /** Null where the caller is no workload of the input. */
  readonly of: Workload | null
  /** The object that shows the caller: the workload, an Ingress, a webhook configuration, a monitor. */
  readonly object: KubeObject | null
}

export interface Server {
  readonly service: Service
  readonly port: ServicePort
  /** The name that a client says (by SNI) where it calls by another one than the service's own. */
  readonly saidName?: string
}

export interface Edge {
  readonly client: Client
  readonly server: Server
  readonly knowledge: Knowledge
  /** What the knowledge rests on. */
  readonly knownBy: readonly Fact[]
  /** What was seen on the live mesh; null where nothing was. */
  readonly seen: ObservedCall | null
  /** Predicted when asked, and remembered. */
  judge(): Judgement
}

/** A declaration of meshctl.yaml: the complete list of what a client calls; `[]` is nothing. */
export interface ClientDeclaration {
  /** `[kind/]namespace/name` */
  readonly client: string
  /** `namespace/service[:port]` each */
  readonly calls: readonly string[]
  readonly reason: string
  readonly until: string | null
  readonly object: KubeObject | null
  readonly path: Path
}

// --- routes ----------------------------------------------------------------------------------

/** One HTTP route as a client's proxy has it, in order; what follows from defaults is filled in. */
export interface Route {
  /** Conditions in plain words, null for a catch-all. */
  readonly match: string | null
  readonly catchAll: boolean
  readonly methods: readonly string[] | null
  readonly destinations: readonly {
    readonly host: string
    readonly subset: string | null
    readonly port: number | null
    readonly weight: number
    readonly path: Path
  }[]
  readonly timeout: string | null
  readonly retries: Retries | null
  readonly faults: Faults | null
  readonly redirect: boolean
  readonly directResponse: number | null
  /** Null for Istio's default route. */
  readonly object: KubeObject | null
  readonly path: Path
}

export interface RouteTable {
  readonly routes: readonly Route[]
  readonly choice: VirtualServiceChoice | null
  readonly facts: readonly Fact[]
}

// --- the model -------------------------------------------------------------------------------

export interface MeshOptions {
  readonly istioVersion?: {readonly minor: string; readonly source: 'flag' | 'config'}
  /** Kinds (or `*`) of which the input holds all there are. */
  readonly complete?: readonly string[]
  readonly clients?: readonly ClientDeclaration[]
  /** Providers that the user says exist although the mesh config is not in the input. */
  readonly declaredProviders?: readonly string[]
  /** Calls seen on the live mesh. */
  readonly observed?: readonly ObservedCall[]
  readonly problems?: readonly ReadProblem[]
  /** Kinds that could not be read, with why. */
  readonly gaps?: readonly Gap[]
  /** The moment at which the mesh is looked at, as ISO 8601; without it nothing is known of what ends by itself. */
  readonly now?: string
}

export interface ObservedCall {
  /** `namespace/workload`; a caller that is no workload of the input, in words. */
  readonly client: string
  /** `namespace/service:port`; a pod's port that the Service does not have stands for itself. */
  readonly server: string
  readonly transport: 'plaintext' | 'tls'
  readonly requests: number
  /** How long was looked, in seconds. */
  readonly seconds: number
  /** Where it was seen. */
  readonly source: string
}

export interface Gap {
  readonly kind: string
  readonly namespace: string
  readonly reason: string
}

/**
 * The indexed, frozen model of one set of objects. Every question about the mesh is asked here, so that rules and
 * stages never index for themselves (decisions 18). Pure: the same objects give the same answers.
 */
export interface Mesh {
  readonly version: Version
  readonly meshConfig: MeshConfig
  /** Assumptions made because the input does not say, in plain words. */
  readonly assumptions: readonly string[]
  readonly gaps: readonly Gap[]
  /** The moment at which it is looked at, in milliseconds since 1970; null where that was not said. */
  readonly now: number | null
  /** All objects, or those of one kind (`'DestinationRule'`), in input order. */
  objects(kind?: string): readonly KubeObject[]
  readonly namespaces: readonly string[]
  namespaceObject(name: string): KubeObject | null
  readonly workloads: readonly Workload[]
  readonly services: readonly Service[]
  /** Workloads in a namespace (all where it is `*`) whose pod labels match; an empty selector matches all. */
  selected(selector: Labels, namespace: string): readonly Workload[]
  /** Workloads behind a service; empty where it has no selector. */
  endpoints(service: Service): readonly Workload[]
  /** Services whose selector matches a workload. */
  servicesOf(workload: Workload): readonly Service[]
  /** The pod port behind a service's port on a workload; null where a named port does not exist there. */
  targetPort(port: ServicePort, workload: Workload): number | null
  /**
   * The service behind a host as Istio reads it in an object of a namespace: a name without a dot takes that
   * namespace, any other is taken as fully qualified (`server.srv` is nothing). Null where unknown.
   */
  host(name: string, fromNamespace: string): Service | null
  /** The service behind a host as a pod's resolver reads it, search domains included (`ratings.bookinfo` is found). */
  dns(name: string, fromNamespace: string): Service | null
  /** The fully qualified form of a host as istiod reads it: short names take the namespace, any dot means qualified. */
  qualify(name: string, namespace: string): string
  visible(client: Workload, service: Service, port?: number): Visibility
  sidecarScope(client: Workload): SidecarScope
  injection(workload: Workload): Injection
  /** What a workload demands on one of its own (container) ports. */
  peerAuthentication(workload: Workload, port: number): ServerMode
  destinationRule(client: Workload, service: Service): DestinationRuleChoice | null
  virtualService(client: Workload, service: Service): VirtualServiceChoice | null
  /** The routes of a client to a service's port, after filtering by source and port. */
  routes(client: Workload, server: Server): RouteTable
  gateway(ref: string, fromNamespace: string): KubeObject | null
  /** AuthorizationPolicies that select a workload. */
  authorization(workload: Workload): readonly KubeObject[]
  telemetry(workload: Workload): TelemetryChoice
  /** Whether the input is known to hold every object of a kind. */
  complete(kind: string): boolean
  /** Revisions and tags known from webhooks; empty where none are in the input. */
  readonly revisions: readonly string[]
  /** Known edges: observed, declared and inferred. */
  edges(): readonly Edge[]
  /** Every edge, the merely possible ones too; lazily, since there are clients times services of them. */
  possibleEdges(): Iterable<Edge>
  /**
   * Whether anything is known of what a client calls: one with at least one observed, declared or inferred call (or an
   * empty declaration) is taken to call only those (decisions 7).
   */
  callsKnown(client: Client): boolean
  /** The edge of a client and a server, whether known or only possible. */
  edge(client: Client, server: Server): Edge
  /** Callers that are no workload, and all workloads, as clients. */
  readonly clients: readonly Client[]
  /** The mesh that other objects would make, on the same terms: what is declared, observed and complete stays. */
  withObjects(objects: readonly KubeObject[]): Mesh
}
