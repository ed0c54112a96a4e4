import {fact} from '../../../mesh/fact.ts'
import {gatewayWorkloads, isIstioGateway} from '../../../mesh/gateways.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {gatewaysOf} from '../../../mesh/route-owners.ts'
import {matches, policySelector} from '../../../mesh/selectors.ts'
import {entries, record} from '../../../objects/json.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence} from '../../reading/references.ts'
import {writtenHttp} from '../../reading/written-routes.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-jwt-route-without-authn',
  area: 'routing',
  severity: 'error',
  istio: '>=1.12.0',
  inputs: ['VirtualService', 'Gateway', 'RequestAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0149'],
  formerIds: [],
  messages: {
    unread:
      'This match asks for {claim}, and no RequestAuthentication reads tokens on the proxies of the Gateway ({workloads}): it matches no request.',
  },
  why: 'Claims are known to a gateway only where a RequestAuthentication has checked the token there. Without one the header that stands for a claim is on no request.',
  fix: 'Add a RequestAuthentication that selects the pods of the gateway.',
  check(mesh, report) {
    const certainty = absence(mesh, ['RequestAuthentication'])
    for (const virtualService of virtualServicesOf(mesh)) {
      const [claim] = claimsIn(virtualService)
      if (claim === undefined) continue
      const gateways = gatewaysOf(virtualService)
        .map(key => mesh.gateway(key, ''))
        .filter(gateway => gateway !== null && isIstioGateway(gateway))
      for (const gateway of gateways) {
        if (gateway === null) continue
        const unread = gatewayWorkloads(mesh, gateway).filter(workload => !readsTokens(mesh, workload))
        if (unread.length === 0) continue
        report({
          messageId: 'unread',
          data: {claim: claim.name, workloads: listed(unread.map(nameOf))},
          identity: ['claim'],
          object: virtualService,
          path: claim.path,
          certainty,
          related: [fact(`Gateway ${nameOf(gateway.id)}`, gateway, ['spec', 'selector'])],
        })
      }
    }
  },
})

/** Matches on a claim, written as a header `@request.auth.claims.…` (istio pilot/pkg/config/kube/… jwt.ToRoutingClaim). */
function claimsIn(virtualService: KubeObject): readonly {readonly name: string; readonly path: Path}[] {
  return writtenHttp(virtualService).flatMap(route =>
    entries(route.value['match']).flatMap(([index, match]) =>
      (['headers', 'withoutHeaders'] as const).flatMap(field =>
        Object.keys(record(match[field]))
          .filter(name => name.toLowerCase().startsWith('@request.auth.claims'))
          .map(name => ({name, path: [...route.path, 'match', index, field, name]})),
      ),
    ),
  )
}

const readersByNamespace = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>()
  for (const policy of mesh.objects('RequestAuthentication')) {
    const known = found.get(policy.id.namespace)
    if (known === undefined) found.set(policy.id.namespace, [policy])
    else known.push(policy)
  }
  return found
})

function readsTokens(mesh: Mesh, {namespace, labels}: Workload): boolean {
  const places = new Set([mesh.meshConfig.rootNamespace, namespace])
  return [...places]
    .flatMap(place => readersByNamespace(mesh).get(place) ?? [])
    .some(policy => matches(policySelector(record(policy.value['spec'])['selector']) ?? {}, labels))
}
