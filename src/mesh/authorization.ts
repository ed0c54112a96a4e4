import {list, record, records, text} from '../objects/json.ts'
import type {JsonObject, KubeObject, Path} from '../objects/object.ts'
import type {AuthorizationPolicy, Condition, Values} from './authorization-rules.ts'
import type {Labels, Mesh, Workload} from './mesh.ts'
import {perMesh} from './per-mesh.ts'
import {matches, policySelector} from './selectors.ts'

export {readAuthorization, needsIdentity} from './authorization-rules.ts'
export type {AuthorizationPolicy} from './authorization-rules.ts'

interface Attached {
  readonly object: KubeObject
  /** Null for every workload of the namespace (of the mesh in the root namespace). */
  readonly selector: Labels | null
  readonly targets: readonly JsonObject[]
}

const byNamespace = perMesh((mesh): ReadonlyMap<string, readonly Attached[]> => {
  const result = new Map<string, Attached[]>()
  for (const object of mesh.objects('AuthorizationPolicy')) {
    // Linkerd has a kind of this name too.
    if (!object.id.apiVersion.startsWith('security.istio.io/')) continue
    const spec = record(object.value['spec'])
    const targets =
      list(spec['targetRefs']).length > 0 ? records(spec['targetRefs']) : records([spec['targetRef'] ?? null])
    const group = result.get(object.id.namespace) ?? []
    result.set(object.id.namespace, group)
    group.push({object, selector: policySelector(spec['selector']), targets})
  }
  return result
})

/**
 * The AuthorizationPolicies on a workload: of the root namespace and its own, by selector; one with targetRefs only
 * where it names the Gateway whose proxy the workload is (istio pilot/pkg/model/authorization.go
 * ListAuthorizationPolicies, policyattachment.go ShouldAttachPolicy).
 */
export function authorizationOf(mesh: Mesh, workload: Workload): readonly KubeObject[] {
  const policies = byNamespace(mesh)
  const namespaces = new Set([mesh.meshConfig.rootNamespace, workload.namespace])
  return [...namespaces].flatMap(namespace =>
    (policies.get(namespace) ?? []).filter(policy => attaches(policy, workload)).map(({object}) => object),
  )
}

function attaches({object, selector, targets}: Attached, workload: Workload): boolean {
  const gateway = workload.labels['gateway.networking.k8s.io/gateway-name']
  if (targets.length === 0) return selector === null || matches(selector, workload.labels)
  if (gateway === undefined || object.id.namespace !== workload.namespace) return false
  return targets.some(target => text(target['kind']) === 'Gateway' && text(target['name']) === gateway)
}

/** A client that a policy names without a wildcard, and so declares as a caller (decisions 7). */
export interface NamedClient {
  readonly namespace: string
  /** Null where the policy names only the namespace. */
  readonly serviceAccount: string | null
  readonly path: Path
}

/** The clients that an ALLOW policy names: by exact principal, by service account, or by the namespace alone. */
export function namedClients(policy: AuthorizationPolicy): readonly NamedClient[] {
  if (policy.action !== 'ALLOW') return []
  return policy.rules.flatMap(rule => [
    ...rule.from.flatMap(source => [
      ...named(source.principals, [...source.path, 'principals'], principalClient),
      ...named(source.serviceAccounts, [...source.path, 'serviceAccounts'], value =>
        accountClient(value, policy.object.id.namespace),
      ),
      ...named(source.namespaces, [...source.path, 'namespaces'], value => ({
        namespace: value,
        serviceAccount: null,
      })),
    ]),
    ...rule.when.flatMap(condition =>
      named(condition, [...condition.path, 'values'], value => conditionClient(condition, value, policy)),
    ),
  ])
}

type Who = Omit<NamedClient, 'path'>

function named(values: Values, path: Path, read: (value: string) => Who | null): readonly NamedClient[] {
  return values.in.flatMap((value, index) => {
    const who = value.includes('*') ? null : read(value)
    return who === null ? [] : [{...who, path: [...path, index]}]
  })
}

function principalClient(principal: string): Who | null {
  const match = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal)
  return match?.[1] === undefined || match[2] === undefined
    ? null
    : {namespace: match[1], serviceAccount: match[2]}
}

function accountClient(account: string, policyNamespace: string): Who {
  const [first = '', second] = account.split('/')
  return second === undefined
    ? {namespace: policyNamespace, serviceAccount: first}
    : {namespace: first, serviceAccount: second}
}

function conditionClient(condition: Condition, value: string, policy: AuthorizationPolicy): Who | null {
  if (condition.key === 'source.principal') return principalClient(value)
  if (condition.key === 'source.serviceAccount') return accountClient(value, policy.object.id.namespace)
  return condition.key === 'source.namespace' ? {namespace: value, serviceAccount: null} : null
}
