import {perMesh} from '../../../mesh/per-mesh.ts'
import {isRecord} from '../../../objects/json.ts'
import {validateAuthorization} from './authorization.ts'
import {validateDestinationRule} from './destination-rule.ts'
import {validateGateway} from './gateway.ts'
import type {About, Refusal, Validate} from './refusal.ts'
import {validateServiceEntry} from './service-entry.ts'
import {validateVirtualService} from './virtual-service.ts'

const validators: readonly (readonly [string, string, Validate])[] = [
  ['VirtualService', 'networking.istio.io/', validateVirtualService],
  ['DestinationRule', 'networking.istio.io/', validateDestinationRule],
  ['Gateway', 'networking.istio.io/', validateGateway],
  ['ServiceEntry', 'networking.istio.io/', validateServiceEntry],
  ['AuthorizationPolicy', 'security.istio.io/', validateAuthorization],
]

export const validatedKinds = validators.map(([kind]) => kind)

const everyRefusal = perMesh((mesh): readonly Refusal[] => {
  const found: Refusal[] = []
  for (const [kind, group, validate] of validators) {
    for (const object of mesh.objects(kind)) {
      const {spec} = object.value
      if (!object.id.apiVersion.startsWith(group) || !isRecord(spec)) continue
      validate(spec, (path, problem, about = 'other') => found.push({object, path, about, problem}))
    }
  }
  return found
})

/** What istiod's webhook would refuse in this mesh, of one matter. */
export function refusals(mesh: Parameters<typeof everyRefusal>[0], about: About): readonly Refusal[] {
  return everyRefusal(mesh).filter(refusal => refusal.about === about)
}
