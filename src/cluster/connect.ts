import type {KubeConfig} from '@kubernetes/client-node'
import {MeshctlError} from '../cli/error.ts'

export interface ConnectOptions {
  /** A kubeconfig file; else `KUBECONFIG`, `~/.kube/config`, or the pod's own service account. */
  readonly kubeconfig?: string
  readonly context?: string
}

/** A cluster that a kubeconfig names; nothing was sent to it yet. */
export interface Connection {
  readonly config: KubeConfig
  readonly context: string
  readonly server: string
  /** The context's namespace, `default` where it names none. */
  readonly namespace: string
}

/**
 * Reads the kubeconfig. The Kubernetes client takes a second to load, so that happens here, when a cluster is first
 * wanted. Throws MeshctlError `no-cluster` where there is none, and `unknown-name` for a context that doesn't exist.
 */
export async function connect({kubeconfig, context}: ConnectOptions): Promise<Connection> {
  const {KubeConfig} = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (cause) {
    throw new MeshctlError('no-cluster', `the kubeconfig could not be read: ${messageOf(cause)}`, {
      try: ['kubectl config view', 'meshctl status --from DIR  # works without a cluster'],
      cause,
    })
  }
  if (context !== undefined) chooseContext(config, context)
  const cluster = config.getCurrentCluster()
  // Without any kubeconfig the client library makes up a cluster on localhost:8080.
  if (
    cluster === null ||
    (kubeconfig === undefined &&
      cluster.server === 'http://localhost:8080' &&
      config.getContexts().length <= 1)
  ) {
    throw new MeshctlError('no-cluster', 'there is no cluster to look at: no kubeconfig names one', {
      try: [
        'meshctl status --from DIR  # read manifests instead',
        'meshctl status --kubeconfig FILE --context NAME',
      ],
    })
  }
  const current = config.getCurrentContext()
  return {
    config,
    context: current,
    server: cluster.server,
    namespace: config.getContextObject(current)?.namespace ?? 'default',
  }
}

function chooseContext(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(one => one.name)
  if (!names.includes(context)) {
    throw new MeshctlError('unknown-name', `the kubeconfig has no context ${context}`, {
      try: ['kubectl config get-contexts'],
      found: context,
      validOptions: names,
    })
  }
  config.setCurrentContext(context)
}

/** A web socket fails with an event that has a message and is no Error. */
export function messageOf(cause: unknown): string {
  const hasMessage = typeof cause === 'object' && cause !== null && 'message' in cause
  return hasMessage && typeof cause.message === 'string' ? cause.message : String(cause)
}
