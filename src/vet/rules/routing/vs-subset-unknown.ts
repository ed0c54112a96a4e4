import {fact} from '../../../mesh/fact.ts'
import type {DestinationRuleChoice, Mesh, Service} from '../../../mesh/mesh.ts'
import {gatewayWorkloads} from '../../../mesh/gateways.ts'
import {gatewaysOf, isMeshBound} from '../../../mesh/route-owners.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {anyoneIn} from '../../reading/clients.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {isVirtualService, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-subset-unknown',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'DestinationRule', 'Service', 'ServiceEntry'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'KIA1107'],
  formerIds: [],
  messages: {
    noRule: 'No DestinationRule defines subset {subset} of {host}.',
    notDefined:
      'The DestinationRule that counts for {host}{where} defines no subset {subset}, only {defined}.',
  },
  why: 'A subset is a cluster of its own, and without a definition in the DestinationRule that counts for the client there is none: every request on the route ends in 503 NC.',
  fix: 'Define the subset in the DestinationRule of the host, or route to one that is defined.',
  check(mesh, report) {
    for (const virtualService of mesh.objects('VirtualService').filter(isVirtualService)) {
      for (const {host, subset, path} of writtenDestinations(virtualService)) {
        const service = subset === null ? null : mesh.host(host, virtualService.id.namespace)
        if (subset === null || service === null) continue
        const wrong = missingSubset(mesh, virtualService, service, subset)
        if (wrong === null) continue
        const {choice, namespace} = wrong
        const complete = mesh.complete('DestinationRule')
        const base = {object: virtualService, path: [...path, 'subset']}
        if (choice === null) {
          report({
            ...base,
            messageId: 'noRule',
            data: {host, subset},
            certainty: complete ? 'certain' : 'cannot-verify',
          })
          continue
        }
        const where =
          choice.from === 'client-namespace' && namespace !== service.namespace
            ? ` in namespace ${namespace}`
            : ''
        report({
          ...base,
          messageId: 'notDefined',
          data: {
            host,
            subset,
            where,
            defined:
              listed(
                choice.subsets.map(({name}) => name),
                5,
              ) || 'none',
          },
          identity: ['host', 'subset'],
          // Another rule of the host may lie outside the input; the one that is there says something else.
          ...(complete ? {} : {severity: 'warning' as const}),
          evidence: choice.rules.map(rule =>
            fact(`DestinationRule ${nameOf(rule.id)} is the one that counts`, rule, ['spec', 'host']),
          ),
        })
      }
    }
  },
})

interface Missing {
  readonly choice: DestinationRuleChoice | null
  readonly namespace: string
}

/** The first kind of client that the route serves and for which the subset is not defined. */
function missingSubset(
  mesh: Mesh,
  virtualService: KubeObject,
  service: Service,
  subset: string,
): Missing | null {
  for (const namespace of clientNamespaces(mesh, virtualService, service)) {
    const choice = mesh.destinationRule(anyoneIn(mesh, namespace, virtualService), service)
    if (choice?.subsets.some(({name}) => name === subset) !== true) return {choice, namespace}
  }
  return null
}

/** Where clients of a route may be that see a DestinationRule of their own: gateways, and the object's own namespace. */
function clientNamespaces(mesh: Mesh, virtualService: KubeObject, service: Service): readonly string[] {
  const bound = gatewaysOf(virtualService)
  const gateways = bound.flatMap(key =>
    gatewayNamespaces(mesh, mesh.gateway(key, virtualService.id.namespace)),
  )
  const own =
    isMeshBound(virtualService) || bound.length === 0 ? [virtualService.id.namespace, service.namespace] : []
  return [...new Set([...own, ...gateways])]
}

/** The namespaces of the proxies behind a Gateway; the root's where they are not in the input. */
function gatewayNamespaces(mesh: Mesh, gateway: KubeObject | null): readonly string[] {
  const proxies = gateway === null ? [] : gatewayWorkloads(mesh, gateway)
  return proxies.length === 0 ? [mesh.meshConfig.rootNamespace] : proxies.map(({namespace}) => namespace)
}
