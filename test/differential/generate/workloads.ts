import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {object, rootNamespace} from './objects.ts'
import {listening, namedPort, targetNumbers} from './ports.ts'
import type {ServicePlan} from './topology.ts'

type Labels = Readonly<Record<string, string>>

interface PodPlan {
  readonly labels: Labels
  readonly annotations?: Labels
  readonly hostNetwork?: boolean
  readonly replicas?: number
  readonly account?: string
  /** The port that has the name. */
  readonly named?: number
}

function deployment(
  namespace: string,
  name: string,
  {labels, annotations = {}, hostNetwork = false, replicas = 1, account, named = 8080}: PodPlan,
): JsonObject {
  const ports = [...listening.keys()].map(containerPort =>
    containerPort === named ? {containerPort, name: namedPort} : {containerPort},
  )
  const pod = {
    ...(hostNetwork ? {hostNetwork} : {}),
    ...(account === undefined ? {} : {serviceAccountName: account}),
    containers: [{name: 'app', image: 'app', ports}],
  }
  return object('apps/v1', 'Deployment', namespace, name, {
    spec: {
      replicas,
      selector: {matchLabels: labels},
      template: {metadata: {labels, annotations}, spec: pod},
    },
  })
}

/** The account that some workloads run by, beside the default one. */
export const otherAccount = 'teller'

function account(random: Random): {account?: string} {
  return random.chance(0.3) ? {account: otherAccount} : {}
}

/** One version of a service, which may differ from the other by anything that decides about transport. */
export function server(random: Random, service: ServicePlan, version: string): JsonObject {
  const optsOut = random.chance(0.12) ? {'sidecar.istio.io/inject': 'false'} : {}
  // Where the namespace is not injected, a pod may be all the same.
  const optsIn =
    service.namespace.startsWith('plain') && random.chance(0.4) ? {'sidecar.istio.io/inject': 'true'} : {}
  const label: Labels = random.chance(0.08)
    ? {'security.istio.io/tlsMode': random.pick(['istio', 'disabled'])}
    : {}
  return deployment(service.namespace, `${service.name}-${version}`, {
    labels: {app: service.name, version, ...optsOut, ...optsIn, ...label},
    annotations: inboundAnnotations(random, service),
    hostNetwork: random.chance(0.05),
    replicas: random.chance(0.12) ? 2 : 1,
    named: random.chance(0.3) ? 8081 : 8080,
    ...account(random),
  })
}

function inboundAnnotations(random: Random, service: ServicePlan): Labels {
  const port = String(random.pick(targetNumbers(random.pick(service.ports))))
  if (random.chance(0.08)) return {'traffic.sidecar.istio.io/excludeInboundPorts': port}
  if (random.chance(0.04)) return {'traffic.sidecar.istio.io/includeInboundPorts': port}
  return {}
}

/** The caller in the root namespace, for which other DestinationRules count. */
export const rootCaller = 'caller-root'

interface Places {
  readonly alpha: string
  readonly beta: string
  readonly plain: string
}

/** A caller in each namespace, and some whose calls differ from those of their neighbours. */
export function callers(random: Random, {alpha, beta, plain}: Places): readonly JsonObject[] {
  const caller = (namespace: string): JsonObject =>
    deployment(namespace, 'caller', {labels: {app: 'caller'}, ...account(random)})
  const odd = deployment(alpha, 'caller-odd', {
    labels: {app: 'caller', odd: 'yes'},
    annotations: random.pick([
      {'traffic.sidecar.istio.io/excludeOutboundPorts': '80'},
      {'traffic.sidecar.istio.io/excludeOutboundPorts': '9000,9100'},
      {'traffic.sidecar.istio.io/includeOutboundIPRanges': ''},
      {'traffic.sidecar.istio.io/excludeOutboundIPRanges': '0.0.0.0/0'},
    ]),
  })
  const optedIn = deployment(plain, 'caller-in', {
    labels: {app: 'caller', odd: 'in', 'sidecar.istio.io/inject': 'true'},
  })
  const inRoot = deployment(rootNamespace, rootCaller, {
    labels: {app: 'caller', 'sidecar.istio.io/inject': 'true'},
  })
  const onHost = deployment(beta, 'caller-host', {labels: {app: 'caller', odd: 'host'}, hostNetwork: true})
  return [
    ...[alpha, beta, plain].map(caller),
    ...(random.chance(0.3) ? [odd] : []),
    ...(random.chance(0.3) ? [optedIn] : []),
    ...(random.chance(0.15) ? [onHost] : []),
    ...(random.chance(0.15) ? [inRoot] : []),
  ]
}
