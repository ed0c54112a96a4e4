import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {startOnNode} from './control-plane.ts'
import type {ClusterSite} from './control-plane.ts'
import {runInside} from './namespaces.ts'
import type {AskIstiod, UserTools} from './kubectl.ts'
import {manifestText, objectsOf} from './manifest.ts'

interface NamedObject {
  kind: string
  metadata: {name: string; namespace?: string}
  spec?: {
    selector?: object
    ports?: {name: string; port: number; targetPort?: number | string}[]
    template?: {spec: {containers: {env?: {name: string; value?: string}[]}[]}}
  }
}

/**
 * Applies Istio's manifest for an istiod that runs on the node and not in a pod: its Service gets the
 * node's address, all else is as installed. Gives the settings that the pod would have had.
 */
export async function applyForIstiodOnNode(
  tools: UserTools,
  site: ClusterSite,
  manifest: string,
): Promise<Record<string, string>> {
  const objects = objectsOf(manifest) as NamedObject[]
  const deployment = objects.find(({kind, metadata}) => kind === 'Deployment' && metadata.name === 'istiod')
  const service = objects.find(({kind, metadata}) => kind === 'Service' && metadata.name === 'istiod')
  if (deployment === undefined || service?.spec === undefined) throw new Error('the manifest has no istiod')
  delete service.spec.selector
  const kept = objects.filter(
    ({kind}) => !['Deployment', 'PodDisruptionBudget', 'NetworkPolicy'].includes(kind),
  )
  await tools.kubectl(['apply', '-f', '-'], {input: manifestText([...kept, endpointsOf(service, site)])})
  const env = deployment.spec?.template?.spec.containers[0]?.env ?? []
  return Object.fromEntries(env.flatMap(({name, value}) => (value === undefined ? [] : [[name, value]])))
}

/** Starts istiod on the node with the settings that its pod would have had. */
export async function startIstiodOnNode(site: ClusterSite, settings: Record<string, string>): Promise<void> {
  const folder = join(site.directory, 'istiod')
  await mkdir(folder, {recursive: true})
  const istiod = [
    ...[join(site.commands, 'pilot-discovery'), 'discovery', '--kubeconfig', site.nodeKubeconfig],
    ...['--monitoringAddr=:15014', '--domain', 'cluster.local', '--log_output_level=default:info'],
  ]
  // It keeps its certificates in its working folder.
  startOnNode(site, 'istiod', ['sh', '-c', 'cd "$0" && exec "$@"', folder, ...istiod], {
    ...settings,
    POD_NAME: 'istiod-0',
    POD_NAMESPACE: 'istio-system',
    SERVICE_ACCOUNT: 'istiod',
    ENABLE_LEADER_ELECTION: 'false',
  })
}

export function askIstiodOnNode(site: Pick<ClusterSite, 'commands' | 'namespaces'>): AskIstiod {
  const pilot = join(site.commands, 'pilot-discovery')
  return page => runInside(site.namespaces, [pilot, 'request', 'GET', `/debug/${page}`])
}

function endpointsOf({metadata, spec}: NamedObject, {addresses}: ClusterSite): object {
  const ports = (spec?.ports ?? []).map(({name, port, targetPort}) => ({
    name,
    port: targetPort ?? port,
    protocol: 'TCP',
  }))
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {...metadata, labels: {'kubernetes.io/service-name': metadata.name}},
    addressType: 'IPv4',
    endpoints: [{addresses: [addresses.node], conditions: {ready: true}}],
    ports,
  }
}
