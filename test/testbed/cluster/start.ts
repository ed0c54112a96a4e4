import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {controlImages, meshImages} from '../images/catalogue.ts'
import {kubernetesAndIstio} from '../parts/go.ts'
import {partDirectory} from '../parts/part.ts'
import {defaultIstioLine} from '../pins.ts'
import type {IstioLine} from '../pins.ts'
import {timed} from '../progress.ts'
import {addressesOf} from './addresses.ts'
import {buildAll} from './build.ts'
import {createCredentials} from './certificates.ts'
import {endCluster, endLeftOvers} from './cleanup.ts'
import {clusterOf} from './cluster.ts'
import type {Cluster} from './cluster.ts'
import {apiServerPort, startApiServer, startControllers, waitForApiServer} from './control-plane.ts'
import type {ClusterSite} from './control-plane.ts'
import {installDns} from './dns.ts'
import {forwardFromHost} from './forward.ts'
import {importImages, waitForContainerd} from './images.ts'
import {installIstio, istioManifest, waitForIstio, waitForValidation} from './istio.ts'
import type {IstioOptions} from './istio.ts'
import {applyForIstiodOnNode, startIstiodOnNode} from './istiod.ts'
import {merge} from './merge.ts'
import type {Tree} from './merge.ts'
import {userTools} from './kubectl.ts'
import type {UserTools} from './kubectl.ts'
import {manifestText} from './manifest.ts'
import {writeKubeconfig} from './kubeconfig.ts'
import {createNamespaces} from './namespaces.ts'
import {nodeName, nodeOnPaper, startContainerd, startKubelet, startKubeProxy} from './node.ts'
import {claimState, clusterDirectory, noteProcess} from './state.ts'
import type {ClusterState} from './state.ts'
import {meshWithZipkin, serveZipkin, startZipkin, waitForZipkin} from './zipkin.ts'

export interface StartOptions {
  name: string
  istio?: {line?: IstioLine; meshConfig?: Tree; values?: Tree; gateway?: boolean} | false
  /** Whether pods run. On paper they do not, and a cluster starts in seconds: see xds/paper.ts. */
  pods?: 'running' | 'paper'
  /** Whether Zipkin runs beside it, which the mesh config declares as the provider `zipkin` unless it says otherwise. */
  tracing?: boolean
  /** Whether the cluster outlives the process that starts it, until it is stopped by name. */
  keep?: boolean
}

/**
 * Starts a whole cluster and installs Istio in it. What is missing on the machine is built first, and
 * what crashed clusters left is removed.
 */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  const {name, istio, pods = 'running', tracing = false, keep = false} = options
  const line = (istio === false ? undefined : istio?.line) ?? defaultIstioLine
  if (tracing && (pods === 'paper' || istio === false)) throw new Error('spans come from proxies that run')
  await buildAll({line, pods, tracing})
  await endLeftOvers()
  const state = await claimState(name, {line, keep, pods})
  try {
    const site = await timed('namespaces', () => prepareSite(state))
    return await timed('cluster', () => startOn(site, state, options))
  } catch (reason) {
    if (!process.env.MESHCTL_TESTBED_KEEP_FAILED) await endCluster(state)
    throw reason
  }
}

async function prepareSite(state: ClusterState): Promise<ClusterSite> {
  const {name, index, line} = state
  const directory = clusterDirectory(name)
  const addresses = addressesOf(index)
  await mkdir(join(directory, 'logs'), {recursive: true})
  const [credentials, namespaces] = await Promise.all([
    createCredentials(join(directory, 'pki'), addresses),
    createNamespaces(state, addresses),
  ])
  const commands = partDirectory(kubernetesAndIstio(line))
  const nodeKubeconfig = join(directory, 'node.kubeconfig')
  const server = `https://127.0.0.1:${apiServerPort}`
  const admin = {cluster: name, user: 'admin', token: credentials.adminToken}
  await writeKubeconfig({...admin, file: nodeKubeconfig, server}, credentials)
  return {name, directory, commands, addresses, namespaces, credentials, nodeKubeconfig}
}

async function startOn(site: ClusterSite, state: ClusterState, options: StartOptions): Promise<Cluster> {
  const {name, credentials, directory} = site
  const log = join(directory, 'logs', 'forwarder.log')
  const forward = await forwardFromHost(site.namespaces, {port: apiServerPort, log})
  await noteProcess(state, forward.pid)
  const kubeconfig = join(directory, 'kubeconfig')
  const server = `https://127.0.0.1:${forward.port}`
  const admin = {cluster: `testbed-${name}`, user: `testbed-${name}-admin`, token: credentials.adminToken}
  await writeKubeconfig({...admin, file: kubeconfig, server}, credentials)
  const tools = userTools(site.commands, kubeconfig)

  const istio = istioOf(options, state.line)
  if (options.tracing) await startZipkin(site, state)
  if (state.pods === 'paper') await startOnPaper(site, tools, istio)
  else await startRunning(site, tools, {line: state.line, istio})
  if (options.tracing) {
    await serveZipkin(tools, site)
    await timed('Zipkin ready', () => waitForZipkin(state))
  }
  return clusterOf(state, tools)
}

function istioOf({istio, tracing}: StartOptions, line: IstioLine): IstioOptions | undefined {
  if (istio === false) return undefined
  const meshConfig = merge(tracing ? meshWithZipkin : {}, istio?.meshConfig ?? {})
  return {...istio, line, meshConfig}
}

async function startRunning(
  site: ClusterSite,
  tools: UserTools,
  {line, istio}: {line: IstioLine; istio: IstioOptions | undefined},
): Promise<void> {
  await Promise.all([startApiServer(site), startContainerd(site)])
  await waitForContainerd(site.namespaces)
  const controlImported = importImages(site.namespaces, controlImages(line))
  const meshImported = controlImported.then(() => importImages(site.namespaces, meshImages(line)))
  const control = timed('API server', () => waitForApiServer(site)).then(() => startControllers(site))
  await Promise.all([control, timed('images', () => controlImported)])
  await Promise.all([startKubelet(site), startKubeProxy(site)])
  await installDns(tools, site.addresses)
  if (istio !== undefined) await timed('Istio applied', () => installIstio(tools, istio))
  await timed('images of the mesh', () => meshImported)
  if (istio !== undefined) await timed('Istio ready', () => waitForIstio(tools))
}

/** The light form: an API server and istiod that are real, and pods that nobody runs. */
async function startOnPaper(
  site: ClusterSite,
  tools: UserTools,
  istio: IstioOptions | undefined,
): Promise<void> {
  await startApiServer(site)
  await timed('API server', () => waitForApiServer(site))
  startControllers(site)
  const node = nodeOnPaper(nodeName(site), site.addresses.node)
  await tools.kubectl(['create', '-f', '-'], {input: manifestText([node])})
  await startKubeProxy(site)
  if (istio === undefined) return
  const manifest = await istioManifest(tools, istio)
  await tools.kubectl(['create', 'namespace', 'istio-system'])
  const settings = await applyForIstiodOnNode(tools, site, manifest)
  await startIstiodOnNode(site, settings)
  await timed('Istio ready', () => waitForValidation(tools))
}
