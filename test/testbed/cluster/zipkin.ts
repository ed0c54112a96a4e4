import {join} from 'node:path'
import {zipkin} from '../parts/downloads.ts'
import {partDirectory} from '../parts/part.ts'
import {waitFor} from '../wait.ts'
import {startOnNode} from './control-plane.ts'
import type {ClusterSite} from './control-plane.ts'
import {forwardFromHost} from './forward.ts'
import type {UserTools} from './kubectl.ts'
import {manifestText} from './manifest.ts'
import type {Tree} from './merge.ts'
import {noteProcess} from './state.ts'
import type {ClusterState} from './state.ts'

const port = 9411
const metadata = {name: 'zipkin', namespace: 'istio-system'}

/** The mesh config by which Telemetry objects can name Zipkin as their provider. */
export const meshWithZipkin: Tree = {
  extensionProviders: [{name: 'zipkin', zipkin: {service: 'zipkin.istio-system.svc.cluster.local', port}}],
}

/** Starts Zipkin on the node, in memory, and makes its port reachable from the host's loopback. */
export async function startZipkin(site: ClusterSite, state: ClusterState): Promise<void> {
  const java = [
    'java',
    '-Xms32m',
    '-Xmx160m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
  ]
  // A Java that starts takes all processors; whoever starts the cluster waits for other things first.
  startOnNode(
    site,
    'zipkin',
    ['nice', '-n', '5', ...java, '-jar', join(partDirectory(zipkin()), 'zipkin.jar')],
    {
      QUERY_PORT: String(port),
      STORAGE_TYPE: 'mem',
      MEM_MAX_SPANS: '50000',
    },
  )
  const log = join(site.directory, 'logs', 'forwarder.log')
  const forward = await forwardFromHost(site.namespaces, {port, log})
  state.zipkinPort = forward.port
  await noteProcess(state, forward.pid)
}

/** Gives Zipkin, which runs on the node, a Service in the cluster. */
export async function serveZipkin(tools: UserTools, {addresses}: ClusterSite): Promise<void> {
  const ports = [{name: 'http', port, protocol: 'TCP'}]
  const objects = [
    {apiVersion: 'v1', kind: 'Service', metadata, spec: {ports}},
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {...metadata, labels: {'kubernetes.io/service-name': metadata.name}},
      addressType: 'IPv4',
      endpoints: [{addresses: [addresses.node], conditions: {ready: true}}],
      ports,
    },
  ]
  await tools.kubectl(['apply', '-f', '-'], {input: manifestText(objects)})
}

export async function waitForZipkin({zipkinPort}: ClusterState): Promise<void> {
  await waitFor('Zipkin', async () => {
    const {ok} = await fetch(`http://127.0.0.1:${zipkinPort}/health`)
    return ok ? true : undefined
  })
}
