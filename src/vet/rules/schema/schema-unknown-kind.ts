import {closest} from '../../reading/references.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

const networking = ['v1', 'v1beta1', 'v1alpha3']

/** Kinds and versions that an Istio of 1.29 to 1.31 and the Gateway API serve. */
const groups: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'networking.istio.io': {
    VirtualService: networking,
    DestinationRule: networking,
    Gateway: networking,
    ServiceEntry: networking,
    Sidecar: networking,
    WorkloadEntry: networking,
    WorkloadGroup: networking,
    EnvoyFilter: ['v1alpha3'],
    ProxyConfig: ['v1beta1'],
  },
  'security.istio.io': {
    PeerAuthentication: ['v1', 'v1beta1'],
    RequestAuthentication: ['v1', 'v1beta1'],
    AuthorizationPolicy: ['v1', 'v1beta1'],
  },
  'telemetry.istio.io': {Telemetry: ['v1', 'v1alpha1']},
  'extensions.istio.io': {WasmPlugin: ['v1alpha1'], TrafficExtension: ['v1alpha1']},
  'install.istio.io': {IstioOperator: ['v1alpha1']},
  'gateway.networking.k8s.io': {
    GatewayClass: ['v1', 'v1beta1', 'v1alpha2'],
    Gateway: ['v1', 'v1beta1', 'v1alpha2'],
    HTTPRoute: ['v1', 'v1beta1', 'v1alpha2'],
    GRPCRoute: ['v1', 'v1alpha2'],
    TLSRoute: ['v1', 'v1alpha3', 'v1alpha2'],
    TCPRoute: ['v1', 'v1alpha2'],
    UDPRoute: ['v1', 'v1alpha2'],
    ReferenceGrant: ['v1', 'v1beta1', 'v1alpha2'],
    BackendTLSPolicy: ['v1', 'v1alpha3', 'v1alpha2'],
    BackendLBPolicy: ['v1alpha2'],
    ListenerSet: ['v1'],
  },
}

/** Groups of Istio's past; what became of their kinds is told by legacy-authentication-policy, -rbac and -mixer. */
const removed: readonly string[] = ['authentication.istio.io', 'rbac.istio.io', 'config.istio.io']

export default defineRule({
  id: 'schema-unknown-kind',
  area: 'schema',
  severity: 'error',
  istio: '>=1.22.0',
  inputs: [],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    kind: '{group} has no kind {kind}{suggestion}.',
    version: '{group} has no version {version} of {kind}, only {versions}.',
    wrongGroup: '{kind} belongs to {home}, not to {group}.',
    unknownGroup: 'Istio {istio} has no API group {group}.',
  },
  why: 'An object of an unknown kind is refused by the API server, or, where an old CRD is left over, stored and read by nothing. istioctl analyze passes over it in silence.',
  fix: 'Correct apiVersion and kind.',
  check(mesh, report) {
    for (const object of mesh.objects()) {
      const {apiVersion, kind} = object.id
      const slash = apiVersion.indexOf('/')
      const group = slash === -1 ? '' : apiVersion.slice(0, slash)
      const version = apiVersion.slice(slash + 1)
      if (!group.endsWith('.istio.io') && group !== 'gateway.networking.k8s.io') continue
      const data = {group, kind, version, istio: mesh.version.minor}
      const known = Object.hasOwn(groups, group) ? groups[group] : undefined
      if (removed.includes(group)) continue
      if (known === undefined) {
        report({messageId: 'unknownGroup', data, object, path: ['apiVersion'], severity: 'warning'})
        continue
      }
      const versions = Object.hasOwn(known, kind) ? known[kind] : undefined
      if (versions !== undefined && versions.includes(version)) continue
      if (versions !== undefined) {
        report({
          messageId: 'version',
          data: {...data, versions: listed(versions, 5)},
          object,
          path: ['apiVersion'],
        })
        continue
      }
      const home = Object.keys(groups).find(one => Object.hasOwn(groups[one] ?? {}, kind))
      if (home !== undefined) {
        report({messageId: 'wrongGroup', data: {...data, home}, object, path: ['apiVersion']})
        continue
      }
      const near = closest(kind, Object.keys(known))
      report({
        messageId: 'kind',
        data: {...data, suggestion: near === null ? '' : `; ${near} is probably meant`},
        object,
        path: ['kind'],
      })
    }
  },
})
