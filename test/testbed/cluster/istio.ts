import {stringify} from 'yaml'
import {imageHub, istioTag} from '../images/names.ts'
import type {IstioLine} from '../pins.ts'
import {waitFor} from '../wait.ts'
import type {UserTools} from './kubectl.ts'
import {merge} from './merge.ts'
import type {Tree} from './merge.ts'

export interface IstioOptions {
  line: IstioLine
  /** Merged over the mesh config that a stock Envoy needs. */
  meshConfig?: Tree
  /** Merged over the values of Istio's charts that a small machine needs. */
  values?: Tree
  /** Whether istio-ingressgateway is installed too. */
  gateway?: boolean
}

/** Installs Istio as a user would: what `istioctl manifest generate` prints is applied. */
export async function installIstio(tools: UserTools, options: IstioOptions): Promise<void> {
  const manifest = await istioManifest(tools, options)
  await tools.kubectl(['create', 'namespace', 'istio-system'])
  await tools.kubectl(['apply', '-f', '-'], {input: manifest})
}

export function istioManifest(tools: UserTools, options: IstioOptions): Promise<string> {
  return tools.istioctl(['manifest', 'generate', '-f', '-'], {input: stringify(istioOperator(options))})
}

/** Waits until istiod's pod is ready and istiod refuses invalid objects. */
export async function waitForIstio(tools: UserTools): Promise<void> {
  await tools.kubectl(['rollout', 'status', 'deployment/istiod', '-n', 'istio-system', '--timeout=90s'])
  await waitForValidation(tools)
}

/** Waits until istiod refuses invalid objects; injection works before that. */
export async function waitForValidation(tools: UserTools): Promise<void> {
  const failurePolicies = [
    ...['get', 'validatingwebhookconfigurations', '-l', 'app=istiod'],
    ...['-o', 'jsonpath={.items[*].webhooks[*].failurePolicy}'],
  ]
  // One webhook for objects of this revision, one for all others; they begin as "Ignore".
  await waitFor('validation to be fail-closed', async () => {
    const policies = await tools.kubectl(failurePolicies)
    return policies === 'Fail Fail' ? true : undefined
  })
}

function istioOperator({line, meshConfig = {}, values = {}, gateway = false}: IstioOptions): Tree {
  return {
    apiVersion: 'install.istio.io/v1alpha1',
    kind: 'IstioOperator',
    spec: {
      profile: gateway ? 'default' : 'minimal',
      hub: imageHub,
      tag: istioTag(line),
      meshConfig: merge(stockEnvoyMesh, meshConfig),
      values: merge(smallMachine, merge(stockEnvoyValues, values)),
    },
  }
}

/** Istio's own Envoy filters are not in a stock Envoy: without these, listeners are refused. */
const stockEnvoyValues: Tree = {
  pilot: {env: {PILOT_ENABLE_METADATA_EXCHANGE: 'false', PILOT_ENABLE_ALPN_FILTER: 'false'}},
}

const stockEnvoyMesh: Tree = {
  defaultProviders: {accessLogging: ['envoy']},
  enablePrometheusMerge: false,
  accessLogEncoding: 'JSON',
}

const littleOfBoth: Tree = {requests: {cpu: '1m', memory: '16Mi'}}

const smallMachine: Tree = {
  // `istioctl install` would make this revision the default; without it most objects go unchecked.
  defaultRevision: 'default',
  // A proxy is asked each second whether it is ready, as who starts a pod is waiting for it.
  global: {imagePullPolicy: 'IfNotPresent', proxy: {resources: littleOfBoth, readinessPeriodSeconds: 1}},
  pilot: {autoscaleEnabled: false, resources: littleOfBoth, env: {PILOT_DEBOUNCE_AFTER: '20ms'}},
  gateways: {'istio-ingressgateway': {autoscaleEnabled: false, type: 'ClusterIP', resources: littleOfBoth}},
}
