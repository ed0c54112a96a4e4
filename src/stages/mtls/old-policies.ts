import {record, records} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import type {Mesh} from '../../mesh/mesh.ts'
import type {Draft} from '../draft.ts'
import {named} from '../reasons.ts'

/**
 * MeshPolicy and Policy of before Istio 1.6: nothing reads them, so whatever they say is not in force. The mesh-wide
 * policy takes the place of their `peers`; one that also holds JWT rules is for a person to move.
 */
export function draftOldPolicies(mesh: Mesh, draft: Draft, phase: string): void {
  for (const policy of [...mesh.objects('MeshPolicy'), ...mesh.objects('Policy')]) {
    if (!policy.id.apiVersion.startsWith('authentication.istio.io/')) continue
    if (checksTokens(policy)) {
      draft.note({
        title: `${named(policy.id)} is left`,
        text: 'Nothing reads it since Istio 1.6. Its peers are covered by the mesh-wide policy now; its origins (JWT) have to become a RequestAuthentication and an AuthorizationPolicy before it can go.',
        content: null,
      })
    } else
      draft.remove(
        phase,
        policy,
        'nothing reads it since Istio 1.6; the mesh-wide PeerAuthentication takes its place',
      )
  }
}

function checksTokens(policy: KubeObject): boolean {
  const spec = record(policy.value['spec'])
  return (
    records(spec['origins']).length > 0 || records(spec['peers']).some(peer => Object.hasOwn(peer, 'jwt'))
  )
}
