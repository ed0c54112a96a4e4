import {setTimeout as sleep} from 'node:timers/promises'
import pLimit from 'p-limit'
import {manifestText, objectsOf} from '../cluster/manifest.ts'
import type {Manifest} from '../cluster/manifest.ts'
import {nodeOnPaper, paperNode} from '../cluster/node.ts'
import type {UserTools} from '../cluster/kubectl.ts'
import {waitFor} from '../wait.ts'
import type {ProxyIntroduction} from './ask.ts'

// Pods on paper: the API server and istiod take them for running, but nothing runs. Many meshes can be
// made this way in seconds; what istiod would give their proxies is then asked with the xDS client.

interface PodJson {
  metadata: {namespace: string; name: string; labels?: Record<string, string>}
  spec: {
    nodeName?: string
    serviceAccountName?: string
    initContainers?: {name: string}[]
    containers: {name: string}[]
  }
  status: {podIP?: string}
}

/** Applies objects whose pods are to be on paper, and gives the proxies that their pods would have. */
export async function applyOnPaper(
  tools: UserTools,
  manifest: Manifest,
  {pods}: {pods: number},
): Promise<ProxyIntroduction[]> {
  await tools.kubectl(['apply', '-f', '-'], {input: manifestText([nodeOnPaper(paperNode)])})
  const objects = objectsOf(manifest)
  await tools.kubectl(['apply', '-f', '-'], {input: manifestText(objects.map(onPaper))})
  const namespaces = new Set(objects.map(object => namespaceOf(object)))
  const made = await waitFor('the pods on paper to be made', async () => {
    const all = (await paperPods(tools)).filter(pod => namespaces.has(pod.metadata.namespace))
    return all.length >= pods ? all : undefined
  })
  await giveAddresses(tools, made)
  await sleep(settleMs)
  return (await paperPods(tools)).filter(pod => namespaces.has(pod.metadata.namespace)).map(introduce)
}

// Endpoints are made from the pods a moment later, and istiod hears of them a moment after that.
const settleMs = 500

function namespaceOf(object: object): string {
  return (object as {metadata?: {namespace?: string}}).metadata?.namespace ?? 'default'
}

/** Puts the pods of a workload, or a pod itself, on the node that nobody runs. */
function onPaper(object: object): object {
  const {kind, spec} = object as {kind?: string; spec?: {template?: {spec: object}}}
  const place = {nodeName: paperNode, tolerations: [{operator: 'Exists'}]}
  if (kind === 'Pod') return {...object, spec: {...spec, ...place}}
  if (spec?.template === undefined || kind === 'CronJob') return object
  const template = {...spec.template, spec: {...spec.template.spec, ...place}}
  return {...object, spec: {...spec, template}}
}

async function paperPods(tools: UserTools): Promise<PodJson[]> {
  const select = ['--all-namespaces', '--field-selector', `spec.nodeName=${paperNode}`, '-o', 'json']
  const {items} = JSON.parse(await tools.kubectl(['get', 'pods', ...select])) as {items: PodJson[]}
  return items
}

async function giveAddresses(tools: UserTools, pods: PodJson[]): Promise<void> {
  const all = await paperPods(tools)
  const taken = new Set(all.map(pod => pod.status.podIP))
  const free = addresses(taken)
  const atOnce = pLimit(6)
  const without = pods.filter(pod => pod.status.podIP === undefined)
  await Promise.all(without.map(pod => atOnce(() => runOnPaper(tools, pod, free.next().value))))
}

function* addresses(taken: Set<string | undefined>): Generator<string, string> {
  for (let number = 1; number < 65_000; number += 1) {
    const address = `10.245.${number >> 8}.${number & 255}`
    if (!taken.has(address)) yield address
  }
  throw new Error('there are no more addresses for pods on paper')
}

/** Says of a pod what kubelet would once it runs. */
async function runOnPaper(tools: UserTools, {metadata, spec}: PodJson, ip: string): Promise<void> {
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(type => ({
    type,
    status: 'True',
  }))
  const running = ({name}: {name: string}) => ({
    name,
    ready: true,
    started: true,
    restartCount: 0,
    image: '',
    imageID: '',
    state: {running: {startedAt: new Date().toISOString()}},
  })
  const status = {
    phase: 'Running',
    podIP: ip,
    podIPs: [{ip}],
    conditions,
    containerStatuses: spec.containers.map(running),
  }
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({status})]
  await tools.kubectl(['patch', 'pod', metadata.name, '-n', metadata.namespace, ...patch])
}

function introduce({metadata, spec, status}: PodJson): ProxyIntroduction {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    ip: status.podIP ?? '',
    serviceAccount: spec.serviceAccountName ?? 'default',
    labels: metadata.labels ?? {},
  }
}
