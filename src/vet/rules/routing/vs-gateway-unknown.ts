import type {Mesh} from '../../../mesh/mesh.ts'
import {isIstioGateway} from '../../../mesh/gateways.ts'
import {gatewayApiNames, gatewayRefs} from '../../reading/gateway-refs.ts'
import {absence, closest} from '../../reading/references.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'

export default defineRule({
  id: 'vs-gateway-unknown',
  area: 'routing',
  severity: 'error',
  istio: '*',
  inputs: ['VirtualService', 'Gateway'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'IST0132', 'KIA1102'],
  formerIds: [],
  messages: {
    unknown: 'There is no Gateway {gateway}.',
    misspelt: 'There is no Gateway {gateway}; {suggestion} is probably meant.',
    otherNamespace:
      'There is no Gateway {gateway}; {suggestion} is in another namespace, which must be written before the name.',
  },
  why: 'A VirtualService of a Gateway that does not exist is served by nobody: requests from outside get 404.',
  fix: 'Write the Gateway as namespace/name.',
  check(mesh, report) {
    const gateways = gatewaysByName(mesh)
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {key, path, internal} of gatewayRefs(virtualService)) {
        if (internal || gateways.has(key) || gateways.get(nameIn(key))?.includes('*') === true) continue
        // One of the Gateway API may be what is meant, as istioctl takes it.
        if (gatewayApiNames(mesh).has(key)) continue
        const namespaces = gateways.get(nameIn(key)) ?? []
        const certainty = absence(mesh, ['Gateway'])
        const other = namespaces[0] === undefined ? null : `${namespaces[0]}/${nameIn(key)}`
        const near =
          other ??
          closest(nameIn(key), [...gateways.keys()].filter(name => !name.includes('/')).slice(0, 500))
        report({
          messageId: other !== null ? 'otherNamespace' : near !== null ? 'misspelt' : 'unknown',
          data: {gateway: key, suggestion: near ?? ''},
          identity: ['gateway'],
          object: virtualService,
          path,
          ...(near === null ? {certainty} : certainty === 'certain' ? {} : {severity: 'warning' as const}),
        })
      }
    }
  },
})

/** Gateways by `namespace/name`, and the namespaces of each bare name. */
const gatewaysByName = perMesh((mesh: Mesh): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>()
  for (const {id} of mesh.objects('Gateway').filter(isIstioGateway)) {
    found.set(`${id.namespace}/${id.name}`, [])
    const namespaces = found.get(id.name)
    if (namespaces === undefined) found.set(id.name, [id.namespace])
    else namespaces.push(id.namespace)
  }
  return found
})

function nameIn(key: string): string {
  return key.slice(key.indexOf('/') + 1)
}
