import {fact} from '../../../mesh/fact.ts'
import type {DestinationRuleChoice, Mesh, Service} from '../../../mesh/mesh.ts'
import {gatewayWorkloads} from '../../../mesh/gateways.ts'
import {gatewaysOf, isMeshBound} from '../../../mesh/route-owners.ts'
import {mostSpecific} from '../../../mesh/hosts.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {record, records, text} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {ruleHost} from '../../reading/destination-rules.ts'
import {absence} from '../../reading/references.ts'
import {anyoneIn} from '../../reading/clients.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {virtualServicesOf, writtenDestinations} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

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
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {host, subset, path} of writtenDestinations(virtualService)) {
        if (subset === null) continue
        const service = mesh.host(host, virtualService.id.namespace)
        if (service === null) {
          reportUnresolved(mesh, {virtualService, host, subset, path: [...path, 'subset']}, report)
          continue
        }
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

interface Unresolved {
  readonly virtualService: KubeObject
  readonly host: string
  readonly subset: string
  readonly path: Path
}

/** A host that no Service of the input has may be outside of it; the rules for its name say what subsets there are. */
function reportUnresolved(
  mesh: Mesh,
  {virtualService, host, subset, path}: Unresolved,
  report: (report: Report) => void,
): void {
  const name = mesh.qualify(host, virtualService.id.namespace).toLowerCase()
  const rules = mostSpecific(name, rulesByHost(mesh))?.[1] ?? []
  const defined = rules.flatMap(rule =>
    records(record(rule.value['spec'])['subsets']).flatMap(({name}) => text(name) ?? []),
  )
  if (defined.includes(subset)) return
  const at = {object: virtualService, path, identity: ['host', 'subset']}
  if (rules.length === 0) {
    report({
      ...at,
      messageId: 'noRule',
      data: {host, subset},
      certainty: absence(mesh, ['DestinationRule', 'Service']),
    })
    return
  }
  report({
    ...at,
    messageId: 'notDefined',
    data: {host, subset, where: '', defined: listed(defined, 5) || 'none'},
    severity: 'warning',
    evidence: rules.map(rule =>
      fact(`DestinationRule ${nameOf(rule.id)} is for this host`, rule, ['spec', 'host']),
    ),
  })
}

const rulesByHost = perMesh((mesh: Mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>()
  for (const rule of mesh.objects('DestinationRule')) {
    const name = mesh.qualify(ruleHost(rule), rule.id.namespace).toLowerCase()
    const known = found.get(name)
    if (known === undefined) found.set(name, [rule])
    else known.push(rule)
  }
  return found
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
