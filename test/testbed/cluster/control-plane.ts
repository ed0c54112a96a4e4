import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {startDaemon} from '../run.ts'
import {waitFor} from '../wait.ts'
import type {Addresses} from './addresses.ts'
import type {Credentials} from './certificates.ts'
import {inside, runInside} from './namespaces.ts'
import type {Namespaces} from './namespaces.ts'

/** What every part of a cluster needs to know of it while it is being started. */
export interface ClusterSite {
  name: string
  directory: string
  /** The folder of the commands built from Go source. */
  commands: string
  addresses: Addresses
  namespaces: Namespaces
  credentials: Credentials
  /** The kubeconfig for what runs on the node. */
  nodeKubeconfig: string
}

export const apiServerPort = 6443

/** Starts a command of the cluster on its node; its output goes to a file of its name. */
export function startOnNode(
  site: ClusterSite,
  name: string,
  command: string[],
  env: Record<string, string> = {},
): void {
  startDaemon(inside(site.namespaces, command), {log: join(site.directory, 'logs', `${name}.log`), env})
}

/** Starts etcd and the API server; they are ready when waitForApiServer says so. */
export async function startApiServer(site: ClusterSite): Promise<void> {
  const {addresses, credentials} = site
  // In memory, as every write of etcd waits for the disk; it is gone with the mount namespace.
  const data = join(site.directory, 'etcd')
  await mkdir(data, {recursive: true})
  await runInside(site.namespaces, ['mount', '-t', 'tmpfs', 'tmpfs', data])
  startOnNode(site, 'etcd', [
    join(site.commands, 'etcd'),
    ...['--data-dir', join(data, 'data'), '--unsafe-no-fsync'],
    ...['--listen-client-urls', 'http://127.0.0.1:2379', '--advertise-client-urls', 'http://127.0.0.1:2379'],
    ...['--listen-peer-urls', 'http://127.0.0.1:2380'],
  ])
  startOnNode(site, 'kube-apiserver', [
    join(site.commands, 'kube-apiserver'),
    '--etcd-servers=http://127.0.0.1:2379',
    `--secure-port=${apiServerPort}`,
    `--advertise-address=${addresses.node}`,
    `--service-cluster-ip-range=${addresses.services}`,
    `--tls-cert-file=${credentials.serverCertificate}`,
    `--tls-private-key-file=${credentials.serverKey}`,
    `--token-auth-file=${credentials.tokens}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--api-audiences=https://kubernetes.default.svc',
    `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
    `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
  ])
}

export async function waitForApiServer(site: ClusterSite): Promise<void> {
  const kubectl = join(site.commands, 'kubectl')
  const ask = [kubectl, '--kubeconfig', site.nodeKubeconfig, 'get', '--raw', '/readyz']
  await waitFor('the API server to be ready', async () => {
    const answer = await runInside(site.namespaces, ask)
    return answer === 'ok' ? true : undefined
  })
}

/** Starts what makes Deployments into pods and gives pods a node. */
export function startControllers(site: ClusterSite): void {
  startOnNode(site, 'kube-controller-manager', [
    join(site.commands, 'kube-controller-manager'),
    `--kubeconfig=${site.nodeKubeconfig}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${site.credentials.serviceAccountKey}`,
    `--root-ca-file=${site.credentials.authority}`,
    '--endpointslice-updates-batch-period=100ms',
    // Nodes on paper have nobody who says that they are well.
    '--node-monitor-grace-period=12h',
  ])
  startOnNode(site, 'kube-scheduler', [
    join(site.commands, 'kube-scheduler'),
    `--kubeconfig=${site.nodeKubeconfig}`,
    '--leader-elect=false',
  ])
}
