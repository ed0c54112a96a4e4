import {coreDnsImage} from '../images/names.ts'
import type {Addresses} from './addresses.ts'
import type {UserTools} from './kubectl.ts'
import {manifestText} from './manifest.ts'

const corefile = `.:53 {
  errors
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 5
  }
  cache 5
  reload
}
`

/** Installs CoreDNS. It knows the cluster's names and nothing else: there is no outside to ask. */
export async function installDns(tools: UserTools, addresses: Addresses): Promise<void> {
  await tools.kubectl(['apply', '-f', '-'], {input: manifestText(dnsObjects(addresses))})
}

function dnsObjects({dnsService}: Addresses): object[] {
  const metadata = {name: 'coredns', namespace: 'kube-system'}
  const labels = {'k8s-app': 'kube-dns'}
  const read = (apiGroups: string[], resources: string[]) => ({
    apiGroups,
    resources,
    verbs: ['list', 'watch'],
  })
  const ports = [
    {name: 'dns', port: 53, protocol: 'UDP'},
    {name: 'dns-tcp', port: 53, protocol: 'TCP'},
  ]
  const role = {apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns'}
  return [
    {apiVersion: 'v1', kind: 'ServiceAccount', metadata},
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {name: role.name},
      rules: [
        read([''], ['endpoints', 'services', 'pods', 'namespaces']),
        read(['discovery.k8s.io'], ['endpointslices']),
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: {name: role.name},
      roleRef: role,
      subjects: [{kind: 'ServiceAccount', ...metadata}],
    },
    {apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {Corefile: corefile}},
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {name: 'kube-dns', namespace: 'kube-system', labels},
      spec: {clusterIP: dnsService, selector: labels, ports},
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {...metadata, labels},
      spec: {selector: {matchLabels: labels}, template: {metadata: {labels}, spec: dnsPod}},
    },
  ]
}

const dnsPod = {
  serviceAccountName: 'coredns',
  dnsPolicy: 'Default',
  containers: [
    {
      name: 'coredns',
      image: coreDnsImage,
      args: ['-conf', '/etc/coredns/Corefile'],
      volumeMounts: [{name: 'config', mountPath: '/etc/coredns', readOnly: true}],
      readinessProbe: {httpGet: {path: '/ready', port: 8181}, periodSeconds: 1},
    },
  ],
  volumes: [{name: 'config', configMap: {name: 'coredns'}}],
}
