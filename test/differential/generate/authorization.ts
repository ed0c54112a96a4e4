import type {JsonObject} from '../../../src/objects/object.ts'
import {randomFrom} from '../random.ts'
import {istioObject} from './objects.ts'
import type {Topology} from './topology.ts'

/** Policies by identity, which only requests show: istiod's configuration is not followed that far. */
export function authorizationPolicies(seed: number, {services, namespaces}: Topology): readonly JsonObject[] {
  const random = randomFrom(seed ^ 0x5bd1e995)
  return services
    .filter(() => random.chance(0.3))
    .map((service, index) => {
      const namespace = random.pick(namespaces)
      const source = random.chance(0.5)
        ? {principals: [`cluster.local/ns/${namespace}/sa/default`]}
        : {namespaces: [namespace]}
      return istioObject('AuthorizationPolicy', service.namespace, `authorization-${index}`, {
        selector: {matchLabels: {app: service.name}},
        action: random.pick(['ALLOW', 'DENY']),
        rules: [{from: [{source}]}],
      })
    })
}
