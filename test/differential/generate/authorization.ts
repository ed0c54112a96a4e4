import type {JsonObject} from '../../../src/objects/object.ts'
import type {Random} from '../random.ts'
import {istioObject, rootNamespace} from './objects.ts'
import {targetNumbers} from './ports.ts'
import type {Namer} from './tls-policies.ts'
import type {ServicePlan, Topology} from './topology.ts'
import {otherAccount} from './workloads.ts'

/** Policies by identity and port; what asks for paths, methods or tokens is no matter of edges. */
export function authorizationPolicies(
  random: Random,
  topology: Topology,
  name: Namer,
): readonly JsonObject[] {
  const {services, alpha, beta} = topology
  const policies: JsonObject[] = []
  const add = (namespace: string, spec: JsonObject): void => {
    policies.push(istioObject('AuthorizationPolicy', namespace, name('authz'), spec))
  }
  for (const service of services) {
    if (!random.chance(0.12)) continue
    add(service.namespace, {
      selector: {matchLabels: labels(random, service)},
      ...demands(random, topology, service),
    })
  }
  for (const namespace of [alpha, beta])
    if (random.chance(0.04)) add(namespace, demands(random, topology, random.pick(services)))
  if (random.chance(0.03)) add(rootNamespace, demands(random, topology, random.pick(services)))
  if (random.chance(0.03)) {
    const service = random.pick(services)
    add(rootNamespace, {selector: {matchLabels: {app: service.app}}, ...demands(random, topology, service)})
  }
  return policies
}

function labels(random: Random, {app, versions}: ServicePlan): Readonly<Record<string, string>> {
  const version = versions[0]
  return version === undefined || random.chance(0.7) ? {app} : {app, version}
}

function demands(random: Random, topology: Topology, service: ServicePlan): JsonObject {
  if (random.chance(0.06)) return {}
  const action = random.pick(['ALLOW', 'ALLOW', 'DENY', 'AUDIT'])
  const count = random.chance(0.25) ? 2 : 1
  return {action, rules: Array.from({length: count}, () => rule(random, topology, service))}
}

function rule(random: Random, topology: Topology, service: ServicePlan): JsonObject {
  if (random.chance(0.08)) return {}
  const from = random.chance(0.85) ? {from: [{source: source(random, topology)}]} : {}
  const ports = [String(random.pick(targetNumbers(random.pick(service.ports))))]
  const key = random.chance(0.8) ? 'ports' : 'notPorts'
  const to = random.chance(0.25) || !('from' in from) ? {to: [{operation: {[key]: ports}}]} : {}
  const when = random.chance(0.1)
    ? {when: [{key: 'source.namespace', [random.pick(['values', 'notValues'])]: [topology.alpha]}]}
    : {}
  return {...from, ...to, ...when}
}

function source(random: Random, {namespaces}: Topology): JsonObject {
  const namespace = random.pick(namespaces)
  const account = random.pick(['default', otherAccount])
  return random.pick<JsonObject>([
    {principals: [`cluster.local/ns/${namespace}/sa/${account}`]},
    {principals: [`*/ns/${namespace}/sa/${account}`]},
    {principals: [`cluster.local/ns/${namespace}/*`]},
    {principals: ['*']},
    {notPrincipals: [`cluster.local/ns/${namespace}/sa/${account}`]},
    {namespaces: [namespace]},
    {namespaces: ['alpha-*']},
    {notNamespaces: [namespace]},
    {serviceAccounts: [`${namespace}/${account}`]},
  ])
}
