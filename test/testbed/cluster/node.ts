import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {stringify} from 'yaml'
import {pauseImage} from '../images/names.ts'
import {pins} from '../pins.ts'
import {startOnNode} from './control-plane.ts'
import type {ClusterSite} from './control-plane.ts'

export const containerdSocket = '/run/containerd.sock'

export function nodeName(site: ClusterSite): string {
  return `testbed-${site.name}`
}

/** The node of pods that nobody runs. */
export const paperNode = 'paper'

/** A node by name only. istiod injects native sidecars where all nodes say that they are new enough. */
export function nodeOnPaper(name: string, address?: string): object {
  // Keeps pods that are to run from coming here.
  const spec = {taints: [{key: 'testbed/paper', value: 'yes', effect: 'NoSchedule'}]}
  const unknown = ['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'osImage', 'containerRuntimeVersion']
  const nodeInfo = {
    ...Object.fromEntries(unknown.map(field => [field, ''])),
    kubeletVersion: `v${pins.kubernetes}`,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  }
  const addresses = address === undefined ? [] : [{type: 'InternalIP', address}]
  return {apiVersion: 'v1', kind: 'Node', metadata: {name}, spec, status: {nodeInfo, addresses}}
}

/** Starts containerd with folders and a socket of its own. */
export async function startContainerd(site: ClusterSite): Promise<void> {
  const network = join(site.directory, 'cni')
  const config = join(site.directory, 'containerd.toml')
  await mkdir(network, {recursive: true})
  await writeFile(join(network, '10-pods.conflist'), JSON.stringify(podNetwork(site), null, 2))
  await writeFile(config, containerdConfig(site, network))
  startOnNode(site, 'containerd', ['containerd', '--config', config])
}

/** Starts kubelet, which makes this a node of the cluster. */
export async function startKubelet(site: ClusterSite): Promise<void> {
  const kubelet = join(site.directory, 'kubelet.yaml')
  await writeFile(kubelet, stringify(kubeletConfig(site)))
  startOnNode(site, 'kubelet', [
    join(site.commands, 'kubelet'),
    `--config=${kubelet}`,
    `--kubeconfig=${site.nodeKubeconfig}`,
    `--hostname-override=${nodeName(site)}`,
    `--node-ip=${site.addresses.node}`,
    `--root-dir=${join(site.directory, 'kubelet')}`,
    `--cert-dir=${join(site.directory, 'kubelet', 'pki')}`,
  ])
}

/** Starts kube-proxy, by which the addresses of Services work. */
export async function startKubeProxy(site: ClusterSite): Promise<void> {
  const proxy = join(site.directory, 'kube-proxy.yaml')
  await writeFile(proxy, stringify(proxyConfig(site)))
  startOnNode(site, 'kube-proxy', [join(site.commands, 'kube-proxy'), `--config=${proxy}`])
}

/** Each pod gets a link of its own to the node, so every packet between pods passes the node's rules. */
function podNetwork(site: ClusterSite): object {
  const ranges = [[{subnet: site.addresses.pods}]]
  const ipam = {type: 'host-local', ranges, routes: [{dst: '0.0.0.0/0'}]}
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {type: 'ptp', ipMasq: false, ipam},
      {type: 'portmap', capabilities: {portMappings: true}},
    ],
  }
}

function containerdConfig(site: ClusterSite, network: string): string {
  return `version = 2
root = "${join(site.directory, 'containerd')}"
state = "/run/containerd-state"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  # A machine that is itself a sandbox may lack CAP_SYS_RESOURCE, and then runc dies without this.
  restrict_oom_score_adj = true
  sandbox_image = "${pauseImage}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${network}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
`
}

function kubeletConfig(site: ClusterSite): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {anonymous: {enabled: true}, webhook: {enabled: false}},
    authorization: {mode: 'AlwaysAllow'},
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDNS: [site.addresses.dnsService],
    clusterDomain: 'cluster.local',
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    evictionHard: {},
    imageGCHighThresholdPercent: 100,
    makeIPTablesUtilChains: false,
    serializeImagePulls: false,
    maxPods: 200,
    podLogsDir: join(site.directory, 'pod-logs'),
    volumePluginDir: join(site.directory, 'volume-plugins'),
  }
}

function proxyConfig(site: ClusterSite): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clusterCIDR: site.addresses.pods,
    hostnameOverride: nodeName(site),
    clientConnection: {kubeconfig: site.nodeKubeconfig},
    // Limits of connection tracking are the machine's, not the node's.
    conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s'},
    iptables: {minSyncPeriod: '100ms', syncPeriod: '30s'},
  }
}
