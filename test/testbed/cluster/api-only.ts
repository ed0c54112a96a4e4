import {appendFile, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {parseAllDocuments} from 'yaml'
import {kubernetesAndIstio} from '../parts/go.ts'
import {ensureParts, partDirectory} from '../parts/part.ts'
import {defaultIstioLine} from '../pins.ts'
import type {IstioLine} from '../pins.ts'
import {waitFor} from '../wait.ts'
import {addressesOf} from './addresses.ts'
import {createCredentials} from './certificates.ts'
import {endCluster, endLeftOvers} from './cleanup.ts'
import {apiServerPort, startApiServer, startControllers, waitForApiServer} from './control-plane.ts'
import {forwardFromHost} from './forward.ts'
import {writeKubeconfig} from './kubeconfig.ts'
import {userTools} from './kubectl.ts'
import type {UserTools} from './kubectl.ts'
import {createNamespaces} from './namespaces.ts'
import {claimState, clusterDirectory, noteProcess} from './state.ts'

export interface ApiOnlyOptions {
  name: string
  line?: IstioLine
  /** Names of users without any right; each gets a token and a kubeconfig. */
  users?: string[]
  /** Whether Deployments become ReplicaSets and deleted namespaces go away; no pod ever runs. */
  controllers?: boolean
  /** Whether it outlives the process that starts it, until it is stopped by name. */
  keep?: boolean
}

/** An API server with Istio's kinds and RBAC on, and nothing that runs pods: ready in seconds. */
export interface ApiOnly {
  name: string
  kubeconfig: string
  tools: UserTools
  /** The kubeconfig of one of the users that were asked for. */
  kubeconfigOf: (user: string) => string
  stop: () => Promise<void>
}

export async function startApiOnly(options: ApiOnlyOptions): Promise<ApiOnly> {
  const line = options.line ?? defaultIstioLine
  await ensureParts([kubernetesAndIstio(line)])
  await endLeftOvers()
  const state = await claimState(options.name, {line, keep: options.keep ?? false})
  try {
    const directory = clusterDirectory(options.name)
    const addresses = addressesOf(state.index)
    await mkdir(join(directory, 'logs'), {recursive: true})
    const [credentials, namespaces] = await Promise.all([
      createCredentials(join(directory, 'pki'), addresses),
      createNamespaces(state, addresses),
    ])
    const users = (options.users ?? []).map(user => ({user, token: `${credentials.adminToken}-${user}`}))
    await appendFile(credentials.tokens, users.map(({user, token}) => `${token},${user},${user}\n`).join(''))
    const commands = partDirectory(kubernetesAndIstio(line))
    const nodeKubeconfig = join(directory, 'node.kubeconfig')
    const admin = {user: 'admin', token: credentials.adminToken}
    await writeKubeconfig(
      {...admin, cluster: options.name, file: nodeKubeconfig, server: `https://127.0.0.1:${apiServerPort}`},
      credentials,
    )
    const site = {name: options.name, directory, commands, addresses, namespaces, credentials, nodeKubeconfig}
    const forward = await forwardFromHost(namespaces, {
      port: apiServerPort,
      log: join(directory, 'logs', 'forwarder.log'),
    })
    await noteProcess(state, forward.pid)
    const server = `https://127.0.0.1:${forward.port}`
    const kubeconfigOf = (user: string) => join(directory, `kubeconfig-${user}`)
    for (const one of [admin, ...users])
      await writeKubeconfig(
        {...one, cluster: `testbed-${options.name}`, file: kubeconfigOf(one.user), server},
        credentials,
      )
    await startApiServer(site)
    await waitForApiServer(site)
    if (options.controllers) startControllers(site)
    const tools = userTools(commands, kubeconfigOf('admin'))
    await installIstioKinds(tools)
    return {
      name: options.name,
      kubeconfig: kubeconfigOf('admin'),
      tools,
      kubeconfigOf,
      stop: () => endCluster(state),
    }
  } catch (reason) {
    await endCluster(state)
    throw reason
  }
}

/** The CustomResourceDefinitions of what `istioctl` would install, and nothing else of it. */
async function installIstioKinds({istioctl, kubectl}: UserTools): Promise<void> {
  const manifest = await istioctl(['manifest', 'generate', '--set', 'profile=minimal'])
  const kinds = parseAllDocuments(manifest).filter(
    document => document.get('kind') === 'CustomResourceDefinition',
  )
  await kubectl(['apply', '--server-side', '-f', '-'], {input: kinds.map(String).join('---\n')})
  await waitFor('the kinds of Istio to be served', async () => {
    const served = await kubectl(['api-resources', '--api-group=security.istio.io', '-o', 'name'])
    return served.includes('peerauthentications') ? true : undefined
  })
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
}
