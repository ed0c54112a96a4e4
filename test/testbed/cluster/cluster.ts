import {sendRequest} from '../use/requests.ts'
import type {Answer, RequestOptions} from '../use/requests.ts'
import {startLoad} from '../use/load.ts'
import type {Load, LoadOptions} from '../use/load.ts'
import {waitForPods} from '../use/pods.ts'
import type {PodChoice, PodFacts} from '../use/pods.ts'
import {portForward} from '../use/port-forward.ts'
import type {PortForward} from '../use/port-forward.ts'
import {accessLogs, configDump, proxyAdmin, proxyStats} from '../use/proxies.ts'
import type {AccessLogEntry} from '../use/proxies.ts'
import {readSpans} from '../use/spans.ts'
import type {Span, SpanQuery} from '../use/spans.ts'
import {proxySync, waitForProxies} from '../use/sync.ts'
import type {ProxySync} from '../use/sync.ts'
import {askForConfiguration} from '../xds/ask.ts'
import type {GivenConfiguration, ProxyIntroduction} from '../xds/ask.ts'
import {applyOnPaper} from '../xds/paper.ts'
import {endCluster} from './cleanup.ts'
import {importArchive} from './images.ts'
import {manifestText} from './manifest.ts'
import type {Manifest} from './manifest.ts'
import {askIstiodOnNode} from './istiod.ts'
import {askIstiodPod} from './kubectl.ts'
import type {UserTools} from './kubectl.ts'
import {clusterDirectory, holderOf} from './state.ts'
import type {ClusterState} from './state.ts'
import {createUser} from './users.ts'
import type {UserOptions} from './users.ts'

/** A running cluster with everything that a test does to it. */
export interface Cluster {
  name: string
  /** For any tool that talks to a cluster; its server is on the host's loopback. */
  kubeconfig: string
  /** kubectl and istioctl, run as a user would. */
  tools: UserTools
  /** The same tools for somebody who may do less, with a kubeconfig of their own. */
  user: (options: UserOptions) => Promise<UserTools>
  /** The folder of its logs, one file for each command. */
  logs: string
  loadImage: (dockerArchive: string) => Promise<void>
  apply: (manifest: Manifest) => Promise<void>
  remove: (manifest: Manifest) => Promise<void>
  /** Makes a namespace, injected or not. */
  createNamespace: (name: string, options?: {injection?: boolean}) => Promise<void>
  waitForPods: (namespace: string) => Promise<PodFacts[]>
  /** Waits until all proxies are in sync with istiod and have acknowledged it. */
  waitForProxies: () => Promise<void>
  proxySync: () => Promise<ProxySync[]>
  istiodDebug: (page: string) => Promise<unknown>
  request: (options: RequestOptions) => Promise<Answer>
  startLoad: (options: LoadOptions) => Promise<Load>
  accessLogs: (pod: PodChoice) => Promise<AccessLogEntry[]>
  proxyStats: (pod: PodChoice, matching: string) => Promise<Record<string, number>>
  proxyAdmin: (pod: PodChoice, path: string) => Promise<string>
  configDump: (pod: PodChoice) => Promise<unknown>
  /** Where Zipkin is on the host's loopback; only with `tracing`. */
  zipkinUrl?: string
  /** The spans that have come to Zipkin. */
  spans: (query?: SpanQuery) => Promise<Span[]>
  /** Applies objects whose pods are only on paper; `pods` is how many to wait for. */
  applyOnPaper: (manifest: Manifest, options: {pods: number}) => Promise<ProxyIntroduction[]>
  /** What istiod would give proxies, whether they run or not. */
  askForConfiguration: (proxies: ProxyIntroduction[]) => Promise<GivenConfiguration[]>
  /** Makes a port of a pod or Deployment reachable on the host's loopback, until it is closed. */
  portForward: (target: {namespace: string; target: string; port: number}) => Promise<PortForward>
  /** Ends the cluster; nothing of it stays on the machine. */
  stop: () => Promise<void>
}

/** The cluster that a state describes, for who started it and for who finds it. */
export function clusterOf(state: ClusterState, tools: UserTools): Cluster {
  const {kubectl} = tools
  const node = {commands: tools.commands, namespaces: {holder: holderOf(state)}}
  const ask = state.pods === 'paper' ? askIstiodOnNode(node) : askIstiodPod(tools)
  const zipkinUrl = state.zipkinPort === undefined ? undefined : `http://127.0.0.1:${state.zipkinPort}`
  return {
    name: state.name,
    kubeconfig: tools.kubeconfig,
    tools,
    user: options => createUser(tools, options, clusterDirectory(state.name)),
    logs: `${clusterDirectory(state.name)}/logs`,
    loadImage: archive => importArchive(node.namespaces, archive),
    apply: async manifest => void (await kubectl(['apply', '-f', '-'], {input: manifestText(manifest)})),
    remove: async manifest =>
      void (await kubectl(['delete', '--ignore-not-found', '-f', '-'], {input: manifestText(manifest)})),
    createNamespace: async (name, {injection = true} = {}) => {
      await kubectl(['create', 'namespace', name])
      const label = `istio-injection=${injection ? 'enabled' : 'disabled'}`
      await kubectl(['label', 'namespace', name, label])
    },
    waitForPods: namespace => waitForPods(tools, namespace),
    waitForProxies: () => waitForProxies(tools, ask),
    proxySync: () => proxySync(ask),
    istiodDebug: async page => JSON.parse(await ask(page)),
    request: options => sendRequest(tools, options),
    startLoad: options => startLoad(tools, options),
    accessLogs: pod => accessLogs(tools, pod),
    proxyStats: (pod, matching) => proxyStats(tools, pod, matching),
    proxyAdmin: (pod, path) => proxyAdmin(tools, pod, path),
    configDump: pod => configDump(tools, pod),
    ...(zipkinUrl === undefined ? {} : {zipkinUrl}),
    spans: async query => {
      if (zipkinUrl === undefined) throw new Error(`cluster ${state.name} was started without tracing`)
      return readSpans(zipkinUrl, query)
    },
    applyOnPaper: (manifest, options) => applyOnPaper(tools, manifest, options),
    askForConfiguration: proxies =>
      askForConfiguration({tools, namespaces: node.namespaces, line: state.line}, proxies),
    portForward: target => portForward(tools, target),
    stop: () => endCluster(state),
  }
}
