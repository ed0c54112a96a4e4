import type {UserTools} from '../cluster/kubectl.ts'
import {paperNode} from '../cluster/node.ts'
import {waitFor} from '../wait.ts'

/** A pod, or any pod of a workload by its label `app`. */
export interface PodChoice {
  namespace: string
  app?: string
  pod?: string
  container?: string
}

export interface PodFacts {
  namespace: string
  name: string
  ip: string
  ready: boolean
  /** Whether an Istio proxy is one of its containers. */
  meshed: boolean
  /** Whether nobody runs it: see xds/paper.ts. */
  onPaper: boolean
  labels: Record<string, string>
}

interface PodJson {
  metadata: {namespace: string; name: string; labels?: Record<string, string>; deletionTimestamp?: string}
  spec: {nodeName?: string; containers: {name: string}[]; initContainers?: {name: string}[]}
  status: {podIP?: string; phase?: string; conditions?: {type: string; status: string}[]}
}

/** The pods of one namespace or of all, without those that are being deleted or have ended. */
export async function listPods(tools: UserTools, namespace?: string): Promise<PodFacts[]> {
  const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace]
  const {items} = JSON.parse(await tools.kubectl(['get', 'pods', ...where, '-o', 'json'])) as {
    items: PodJson[]
  }
  return items
    .filter(pod => pod.metadata.deletionTimestamp === undefined)
    .filter(pod => pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed')
    .map(factsOf)
}

/** Waits until a namespace has pods and all are ready; Deployments that still roll out count as not ready. */
export async function waitForPods(
  tools: UserTools,
  namespace: string,
  timeoutMs = 60_000,
): Promise<PodFacts[]> {
  const deployments = await tools.kubectl(['get', 'deployments', '-n', namespace, '-o', 'name'])
  const seconds = Math.ceil(timeoutMs / 1000)
  for (const deployment of deployments.split('\n').filter(Boolean)) {
    await tools.kubectl(['rollout', 'status', deployment, '-n', namespace, `--timeout=${seconds}s`])
  }
  return waitFor(
    `the pods of ${namespace} to be ready`,
    async () => {
      const pods = await listPods(tools, namespace)
      return pods.length > 0 && pods.every(pod => pod.ready) ? pods : undefined
    },
    {timeoutMs},
  )
}

/** Finds the pod that is meant; of several of a workload, the first that is ready. */
export async function choosePod(tools: UserTools, choice: PodChoice): Promise<string> {
  if (choice.pod !== undefined) return choice.pod
  const pods = await listPods(tools, choice.namespace)
  const found = pods.find(pod => pod.ready && pod.labels.app === choice.app)
  if (found === undefined) throw new Error(`no ready pod with app=${choice.app} in ${choice.namespace}`)
  return found.name
}

/** The arguments of `kubectl exec` up to the command. */
export async function execArguments(tools: UserTools, choice: PodChoice): Promise<string[]> {
  const pod = await choosePod(tools, choice)
  const container = choice.container === undefined ? [] : ['-c', choice.container]
  return ['exec', '-n', choice.namespace, pod, ...container, '--']
}

function factsOf({metadata, spec, status}: PodJson): PodFacts {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    ip: status.podIP ?? '',
    ready: (status.conditions ?? []).some(({type, status}) => type === 'Ready' && status === 'True'),
    meshed: containers.some(({name}) => name === 'istio-proxy'),
    onPaper: spec.nodeName === paperNode,
    labels: metadata.labels ?? {},
  }
}
