import type {Path} from '../objects/object.ts'
import {authorizationOf} from './authorization.ts'
import {isSet, readAuthorization} from './authorization-rules.ts'
import type {
  AuthorizationPolicy,
  AuthorizationRule,
  Condition,
  Source,
  Values,
} from './authorization-rules.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import type {Mesh, Workload} from './mesh.ts'

/** Whether requests of a client pass the policies of a server: `depends` where paths, methods, tokens or addresses decide. */
export interface Authorization {
  readonly verdict: 'allowed' | 'denied' | 'depends'
  readonly facts: readonly Fact[]
}

export interface Caller {
  /** Null for a caller that is no workload. */
  readonly workload: Workload | null
  /** Whether the server sees the client's certificate: over mTLS only. */
  readonly identified: boolean
}

/**
 * DENY policies first, then ALLOW: one that matches lets the request pass, and if there are ALLOW policies and none
 * matches it is refused; a CUSTOM policy asks somebody else. Looks at sources and ports; what only a request shows
 * makes it depend.
 */
export function authorize(mesh: Mesh, caller: Caller, server: Workload, port: number | null): Authorization {
  const policies = authorizationOf(mesh, server).map(readAuthorization)
  const judged = policies.map(policy => ({policy, ...judgePolicy(mesh, policy, caller, port)}))
  const denied = judged.find(({policy, holds}) => policy.action === 'DENY' && holds === true)
  if (denied !== undefined)
    return {verdict: 'denied', facts: [policyFact(denied.policy, 'denies it', denied.path)]}
  const allows = judged.filter(({policy}) => policy.action === 'ALLOW')
  const allowed = allows.find(({holds}) => holds === true)
  if (allows.length > 0 && allows.every(({holds}) => holds === false)) {
    return {
      verdict: 'denied',
      facts: allows.map(({policy, path}) =>
        policyFact(policy, 'does not admit it, and no other policy does', path),
      ),
    }
  }
  const open = judged.filter(({policy, holds}) => {
    if (policy.action === 'ALLOW') return holds === 'depends' && allowed === undefined
    return (
      (policy.action === 'DENY' && holds === 'depends') || (policy.action === 'CUSTOM' && holds !== false)
    )
  })
  if (open.length > 0)
    return {
      verdict: 'depends',
      facts: open.map(({policy, path}) => policyFact(policy, 'decides request by request', path)),
    }
  return {
    verdict: 'allowed',
    facts: allowed === undefined ? [] : [policyFact(allowed.policy, 'admits it', allowed.path)],
  }
}

function policyFact(policy: AuthorizationPolicy, does: string, path: Path): Fact {
  return fact(
    `AuthorizationPolicy ${policy.object.id.namespace}/${policy.object.id.name} ${does}`,
    policy.object,
    path,
  )
}

type Holds = boolean | 'depends'

function judgePolicy(
  mesh: Mesh,
  policy: AuthorizationPolicy,
  caller: Caller,
  port: number | null,
): {readonly holds: Holds; readonly path: Path} {
  const judged = policy.rules.map(rule => ({
    holds: ruleHolds(mesh, policy, rule, caller, port),
    path: rule.path,
  }))
  return (
    judged.find(({holds}) => holds === true) ??
    judged.find(({holds}) => holds === 'depends') ?? {holds: false, path: ['spec']}
  )
}

function ruleHolds(
  mesh: Mesh,
  policy: AuthorizationPolicy,
  rule: AuthorizationRule,
  caller: Caller,
  port: number | null,
): Holds {
  const from =
    rule.from.length === 0 ? true : any(rule.from.map(source => sourceHolds(mesh, policy, source, caller)))
  const to =
    rule.to.length === 0
      ? true
      : any(
          rule.to.map(one =>
            all([
              portHolds(one.ports, port),
              [one.hosts, one.methods, one.paths].some(isSet) ? 'depends' : true,
            ]),
          ),
        )
  return all([from, to, ...rule.when.map(condition => conditionHolds(mesh, policy, condition, caller, port))])
}

function sourceHolds(mesh: Mesh, policy: AuthorizationPolicy, source: Source, caller: Caller): Holds {
  const asked = [source.requestPrincipals, source.ipBlocks, source.remoteIpBlocks].some(isSet)
  return all([
    identityHolds(mesh, policy, 'source.principal', source.principals, caller),
    identityHolds(mesh, policy, 'source.namespace', source.namespaces, caller),
    identityHolds(mesh, policy, 'source.serviceAccount', source.serviceAccounts, caller),
    identityHolds(mesh, policy, 'source.trustDomain', source.trustDomains, caller),
    asked ? 'depends' : true,
  ])
}

function conditionHolds(
  mesh: Mesh,
  policy: AuthorizationPolicy,
  condition: Condition,
  caller: Caller,
  port: number | null,
): Holds {
  if (condition.key === 'destination.port') return portHolds(condition, port)
  return condition.key.startsWith('source.') && condition.key !== 'source.ip'
    ? identityHolds(mesh, policy, condition.key, condition, caller)
    : 'depends'
}

/** Without mTLS nobody is identified: nothing that is asked for matches, and nothing that is excluded does either. */
function identityHolds(
  mesh: Mesh,
  policy: AuthorizationPolicy,
  key: string,
  values: Values,
  caller: Caller,
): Holds {
  if (!isSet(values)) return true
  if (!caller.identified) return values.in.length === 0
  if (caller.workload === null) return 'depends'
  const own = policy.object.id.namespace
  const {namespace, serviceAccount} = caller.workload
  const is = (value: string): boolean =>
    identityMatches(key, value, {namespace, serviceAccount, trustDomain: mesh.meshConfig.trustDomain}, own)
  return (values.in.length === 0 || values.in.some(is)) && !values.notIn.some(is)
}

interface Identity {
  readonly namespace: string
  readonly serviceAccount: string
  readonly trustDomain: string
}

function identityMatches(
  key: string,
  value: string,
  {namespace, serviceAccount, trustDomain}: Identity,
  policyNamespace: string,
): boolean {
  switch (key) {
    case 'source.principal':
      return starMatches(
        localTrustDomain(value, trustDomain),
        `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`,
      )
    case 'source.namespace':
      return starMatches(value, namespace)
    case 'source.trustDomain':
      return starMatches(value, trustDomain)
    default:
      return (
        (value.includes('/') ? value : `${policyNamespace}/${value}`) === `${namespace}/${serviceAccount}`
      )
  }
}

/** `cluster.local` in a policy stands for the mesh's own trust domain (istio pilot/pkg/security/trustdomain/bundle.go). */
function localTrustDomain(principal: string, trustDomain: string): string {
  return principal.startsWith('cluster.local/')
    ? `${trustDomain}${principal.slice('cluster.local'.length)}`
    : principal
}

/** `*`, `prefix*`, `*suffix` or an exact value; a namespace may have the star anywhere. */
function starMatches(pattern: string, value: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return first === value
  if (!value.startsWith(first)) return false
  let position = first.length
  for (const [index, part] of rest.entries()) {
    const last = index === rest.length - 1
    const found = last ? value.length - part.length : value.indexOf(part, position)
    if (found < position || !value.startsWith(part, found)) return false
    position = found + part.length
  }
  return true
}

function portHolds(ports: Values, port: number | null): Holds {
  if (!isSet(ports)) return true
  if (port === null) return 'depends'
  return (ports.in.length === 0 || ports.in.includes(String(port))) && !ports.notIn.includes(String(port))
}

function any(results: readonly Holds[]): Holds {
  return results.includes(true) ? true : results.includes('depends') ? 'depends' : false
}

function all(results: readonly Holds[]): Holds {
  return results.includes(false) ? false : results.includes('depends') ? 'depends' : true
}
