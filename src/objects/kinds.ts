/** A kind of object that meshctl reads. */
export interface Kind {
  readonly group: string
  readonly plural: string
  readonly namespaced: boolean
}

const cluster = false
const namespaced = true

/** By group: kind, plural, and whether its objects live in a namespace. */
const table: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  '': [
    ['Namespace', 'namespaces', cluster],
    ['Node', 'nodes', cluster],
    ['PersistentVolume', 'persistentvolumes', cluster],
    ['Pod', 'pods', namespaced],
    ['Service', 'services', namespaced],
    ['Endpoints', 'endpoints', namespaced],
    ['ServiceAccount', 'serviceaccounts', namespaced],
    ['ConfigMap', 'configmaps', namespaced],
    ['Secret', 'secrets', namespaced],
    ['ReplicationController', 'replicationcontrollers', namespaced],
    ['PersistentVolumeClaim', 'persistentvolumeclaims', namespaced],
    ['LimitRange', 'limitranges', namespaced],
    ['ResourceQuota', 'resourcequotas', namespaced],
  ],
  apps: [
    ['Deployment', 'deployments', namespaced],
    ['StatefulSet', 'statefulsets', namespaced],
    ['DaemonSet', 'daemonsets', namespaced],
    ['ReplicaSet', 'replicasets', namespaced],
  ],
  batch: [
    ['Job', 'jobs', namespaced],
    ['CronJob', 'cronjobs', namespaced],
  ],
  'networking.k8s.io': [
    ['Ingress', 'ingresses', namespaced],
    ['IngressClass', 'ingressclasses', cluster],
    ['NetworkPolicy', 'networkpolicies', namespaced],
  ],
  extensions: [
    ['Deployment', 'deployments', namespaced],
    ['DaemonSet', 'daemonsets', namespaced],
    ['ReplicaSet', 'replicasets', namespaced],
    ['Ingress', 'ingresses', namespaced],
    ['NetworkPolicy', 'networkpolicies', namespaced],
  ],
  'discovery.k8s.io': [['EndpointSlice', 'endpointslices', namespaced]],
  autoscaling: [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', namespaced]],
  policy: [
    ['PodDisruptionBudget', 'poddisruptionbudgets', namespaced],
    ['PodSecurityPolicy', 'podsecuritypolicies', cluster],
  ],
  'rbac.authorization.k8s.io': [
    ['Role', 'roles', namespaced],
    ['RoleBinding', 'rolebindings', namespaced],
    ['ClusterRole', 'clusterroles', cluster],
    ['ClusterRoleBinding', 'clusterrolebindings', cluster],
  ],
  'apiextensions.k8s.io': [['CustomResourceDefinition', 'customresourcedefinitions', cluster]],
  'apiregistration.k8s.io': [['APIService', 'apiservices', cluster]],
  'scheduling.k8s.io': [['PriorityClass', 'priorityclasses', cluster]],
  'storage.k8s.io': [['StorageClass', 'storageclasses', cluster]],
  'admissionregistration.k8s.io': [
    ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', cluster],
    ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', cluster],
    ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies', cluster],
    ['ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', cluster],
  ],
  'networking.istio.io': [
    ['DestinationRule', 'destinationrules', namespaced],
    ['VirtualService', 'virtualservices', namespaced],
    ['Gateway', 'gateways', namespaced],
    ['ServiceEntry', 'serviceentries', namespaced],
    ['Sidecar', 'sidecars', namespaced],
    ['EnvoyFilter', 'envoyfilters', namespaced],
    ['WorkloadEntry', 'workloadentries', namespaced],
    ['WorkloadGroup', 'workloadgroups', namespaced],
    ['ProxyConfig', 'proxyconfigs', namespaced],
  ],
  'security.istio.io': [
    ['PeerAuthentication', 'peerauthentications', namespaced],
    ['RequestAuthentication', 'requestauthentications', namespaced],
    ['AuthorizationPolicy', 'authorizationpolicies', namespaced],
  ],
  'telemetry.istio.io': [['Telemetry', 'telemetries', namespaced]],
  'extensions.istio.io': [['WasmPlugin', 'wasmplugins', namespaced]],
  'install.istio.io': [['IstioOperator', 'istiooperators', namespaced]],
  'authentication.istio.io': [
    ['MeshPolicy', 'meshpolicies', cluster],
    ['Policy', 'policies', namespaced],
  ],
  'rbac.istio.io': [
    ['RbacConfig', 'rbacconfigs', namespaced],
    ['ClusterRbacConfig', 'clusterrbacconfigs', cluster],
    ['ServiceRole', 'serviceroles', namespaced],
    ['ServiceRoleBinding', 'servicerolebindings', namespaced],
    ['AuthorizationPolicy', 'authorizationpolicies', namespaced],
  ],
  'config.istio.io': [
    ['QuotaSpec', 'quotaspecs', namespaced],
    ['QuotaSpecBinding', 'quotaspecbindings', namespaced],
    ['HTTPAPISpec', 'httpapispecs', namespaced],
    ['HTTPAPISpecBinding', 'httpapispecbindings', namespaced],
    ['attributemanifest', 'attributemanifests', namespaced],
    ['handler', 'handlers', namespaced],
    ['instance', 'instances', namespaced],
    ['rule', 'rules', namespaced],
  ],
  'gateway.networking.k8s.io': [
    ['GatewayClass', 'gatewayclasses', cluster],
    ['Gateway', 'gateways', namespaced],
    ['HTTPRoute', 'httproutes', namespaced],
    ['GRPCRoute', 'grpcroutes', namespaced],
    ['TCPRoute', 'tcproutes', namespaced],
    ['TLSRoute', 'tlsroutes', namespaced],
    ['UDPRoute', 'udproutes', namespaced],
    ['ReferenceGrant', 'referencegrants', namespaced],
    ['BackendTLSPolicy', 'backendtlspolicies', namespaced],
    ['XListenerSet', 'xlistenersets', namespaced],
  ],
  'monitoring.coreos.com': [
    ['ServiceMonitor', 'servicemonitors', namespaced],
    ['PodMonitor', 'podmonitors', namespaced],
    ['Probe', 'probes', namespaced],
    ['Prometheus', 'prometheuses', namespaced],
    ['PrometheusRule', 'prometheusrules', namespaced],
  ],
  'argoproj.io': [
    ['Rollout', 'rollouts', namespaced],
    ['AnalysisTemplate', 'analysistemplates', namespaced],
    ['ClusterAnalysisTemplate', 'clusteranalysistemplates', cluster],
  ],
}

const kinds = new Map<string, Kind>(
  Object.entries(table).flatMap(([group, rows]) =>
    rows.map(
      ([kind, plural, inNamespace]) =>
        [`${group}/${kind}`, {group, plural, namespaced: inNamespace}] as const,
    ),
  ),
)

/** `networking.istio.io` of `networking.istio.io/v1`; `""` of the core group's `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash === -1 ? '' : apiVersion.slice(0, slash)
}

/** What meshctl knows of a kind, whatever its version; undefined for kinds that it doesn't read. */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  return kinds.get(`${groupOf(apiVersion)}/${kind}`)
}

/** Every kind of the table as [group, kind]. */
export function knownKinds(): readonly (readonly [group: string, kind: string])[] {
  return Object.entries(table).flatMap(([group, rows]) => rows.map(([kind]) => [group, kind] as const))
}
