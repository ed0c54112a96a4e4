import {hostCovers, isWildcard, serviceHost} from '../../mesh/hosts.ts'
import type {Labels, Mesh, MtlsMode} from '../../mesh/mesh.ts'
import {mtlsMode} from '../../mesh/peer-authentication.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {matches, policySelector} from '../../mesh/selectors.ts'
import {record, text} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {ruleHost} from './destination-rules.ts'

/** A mode that is written, with the object that says it. */
export interface WrittenMode {
  readonly mode: MtlsMode
  readonly policy: KubeObject
}

const policiesByNamespace = perMesh((mesh): ReadonlyMap<string, readonly KubeObject[]> => {
  const found = new Map<string, KubeObject[]>()
  for (const policy of mesh.objects('PeerAuthentication')) {
    if (!policy.id.apiVersion.startsWith('security.istio.io/')) continue
    const known = found.get(policy.id.namespace)
    if (known === undefined) found.set(policy.id.namespace, [policy])
    else known.push(policy)
  }
  return found
})

/**
 * What the policies of the input say for pods of a namespace with some labels, where the pods themselves are not in it:
 * the most particular that sets a mode. Null where none does, which is the default.
 */
export function writtenMode(mesh: Mesh, namespace: string, labels: Labels | null): WrittenMode | null {
  const own = policiesByNamespace(mesh).get(namespace) ?? []
  const root = policiesByNamespace(mesh).get(mesh.meshConfig.rootNamespace) ?? []
  const selecting = own.filter(policy => {
    const selector = policySelector(record(policy.value['spec'])['selector'])
    return selector !== null && labels !== null && matches(selector, labels)
  })
  const levels = [selecting, own.filter(isWide), root.filter(isWide)]
  return levels.flat().flatMap(modeOf)[0] ?? null
}

function isWide(policy: KubeObject): boolean {
  return policySelector(record(policy.value['spec'])['selector']) === null
}

function modeOf(policy: KubeObject): readonly WrittenMode[] {
  const mode = mtlsMode(record(policy.value['spec'])['mtls'])
  return mode === null ? [] : [{mode, policy}]
}

/** A DestinationRule that sets how clients speak to everything in the mesh, or in one namespace. */
export interface WideTls {
  readonly rule: KubeObject
  readonly mode: string
  readonly covers: (namespace: string) => boolean
}

export const wideTls = perMesh((mesh): readonly WideTls[] =>
  mesh.objects('DestinationRule').flatMap(rule => {
    const host = ruleHost(rule)
    const tls = record(record(record(rule.value['spec'])['trafficPolicy'])['tls'])
    const mode = text(tls['mode'])
    if (mode === undefined || !isWildcard(host)) return []
    return [{rule, mode, covers: (namespace: string) => hostCovers(host, serviceHost('any', namespace))}]
  }),
)

/** Namespaces of which the input says how their servers are to be spoken to, the root one for all others. */
export const namespacesWithMode = perMesh((mesh): readonly string[] => [
  ...new Set([...policiesByNamespace(mesh).keys()]),
])
