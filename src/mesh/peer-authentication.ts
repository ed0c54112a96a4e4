import {isRecord, record} from '../objects/json.ts'
import type {Json, KubeObject, Path} from '../objects/object.ts'
import {ageKnown, createdAt, oldestFirst} from './age.ts'
import {fact} from './fact.ts'
import type {Fact} from './fact.ts'
import {inboundInterception} from './injection.ts'
import type {Labels, Mesh, MtlsMode, ServerMode, Workload} from './mesh.ts'
import {perMesh, perWorkload} from './per-mesh.ts'
import {matches, policySelector} from './selectors.ts'

interface Policies {
  /** Selector-less ones by namespace; the root namespace's are mesh-wide. */
  readonly wide: ReadonlyMap<string, readonly KubeObject[]>
  /** With a selector, by namespace; those of the root namespace are ignored by istiod and not here. */
  readonly selecting: ReadonlyMap<string, readonly Selecting[]>
}

interface Selecting {
  readonly policy: KubeObject
  readonly selector: Labels
}

const policiesOf = perMesh((mesh): Policies => {
  const wide = new Map<string, KubeObject[]>()
  const selecting = new Map<string, Selecting[]>()
  for (const policy of oldestFirst(mesh.objects('PeerAuthentication').filter(isCurrent))) {
    const selector = selectorOf(policy)
    const {namespace} = policy.id
    if (selector === null) wide.set(namespace, [...(wide.get(namespace) ?? []), policy])
    else if (namespace !== mesh.meshConfig.rootNamespace)
      selecting.set(namespace, [...(selecting.get(namespace) ?? []), {policy, selector}])
  }
  return {wide, selecting}
})

function isCurrent(policy: KubeObject): boolean {
  return policy.id.apiVersion.startsWith('security.istio.io/')
}

function specOf(policy: KubeObject): Readonly<Record<string, Json | undefined>> {
  return record(policy.value['spec'])
}

function selectorOf(policy: KubeObject): ReturnType<typeof policySelector> {
  return policySelector(specOf(policy)['selector'])
}

/** The mode a block sets, or null for unset, which inherits. */
export function mtlsMode(mtls: Json | undefined): MtlsMode | null {
  const mode = isRecord(mtls) ? mtls['mode'] : undefined
  return mode === 'STRICT' || mode === 'PERMISSIVE' || mode === 'DISABLE' ? mode : null
}

/** A combination of policies that may be the one in force: one of each level. */
interface Levels {
  readonly mesh: KubeObject | null
  readonly namespace: KubeObject | null
  readonly workload: KubeObject | null
}

/**
 * What a workload's proxy demands on one of its container ports: PERMISSIVE, overridden by mesh, namespace and
 * workload policy in that order, each the oldest of its level, and by `portLevelMtls` of that one workload policy,
 * keyed by the workload's port (pilot/pkg/security/authn/policy_applier.go ComposePeerAuthentication).
 */
export function serverMode(mesh: Mesh, workload: Workload, port: number): ServerMode {
  const injection = mesh.injection(workload)
  if (injection.inMesh === 'unknown')
    return {mode: 'unknown', decidedBy: [], reason: 'unknown-injection', facts: injection.facts}
  if (injection.inMesh === false)
    return {mode: 'NONE', decidedBy: [], reason: 'no-sidecar', facts: injection.facts}
  const interception = inboundInterception(workload)
  if (injection.mode !== 'ambient' && interception.excludes(port)) {
    return {
      mode: 'NONE',
      decidedBy: [],
      reason: 'excluded-port',
      facts: interception.fact === null ? [] : [interception.fact],
    }
  }
  return policyMode(mesh, workload, port)
}

/** The mode by policies alone, as istiod's endpoint matching reads it: it knows nothing of excluded ports. */
export function policyMode(mesh: Mesh, workload: Workload, port: number): ServerMode {
  const known = modesOf(mesh).of(workload)
  const mode = known.get(port) ?? modeByPolicies(mesh, workload, port)
  known.set(port, mode)
  return mode
}

/** By workload and port: every client of a port asks. */
const modesOf = perMesh(() => ({of: perWorkload(() => new Map<number, ServerMode>())}))

function modeByPolicies(mesh: Mesh, workload: Workload, port: number): ServerMode {
  const answers = combinations(mesh, workload).map(levels => compose(levels, port))
  const first = answers[0] ?? compose({mesh: null, namespace: null, workload: null}, port)
  const agreed = answers.every(answer => answer.mode === first.mode)
  if (agreed) return first
  const rivals = [...new Set(answers.flatMap(answer => answer.decidedBy))]
  const names = rivals.map(policy => `${policy.id.namespace}/${policy.id.name}`).join(' and ')
  const why = `which is older decides, and these manifests carry no age: ${names}`
  return {
    mode: 'unknown',
    decidedBy: rivals,
    reason: 'rivals',
    facts: rivals.map(policy => fact(why, policy)),
  }
}

function combinations(mesh: Mesh, workload: Workload): readonly Levels[] {
  const {wide, selecting} = policiesOf(mesh)
  const root = mesh.meshConfig.rootNamespace
  const own = workload.namespace
  const forMesh = inForce(wide.get(root) ?? [])
  const forNamespace = own === root ? [null] : inForce(wide.get(own) ?? [])
  const selected = (selecting.get(own) ?? [])
    .filter(({selector}) => matches(selector, workload.labels))
    .map(({policy}) => policy)
  const forWorkload = inForce(selected)
  return forMesh.flatMap(meshWide =>
    forNamespace.flatMap(namespace => forWorkload.map(one => ({mesh: meshWide, namespace, workload: one}))),
  )
}

/** The policies of one level of which one is in force: the oldest, or every one that may be it. */
function inForce(policies: readonly KubeObject[]): readonly (KubeObject | null)[] {
  const [oldest] = policies
  if (oldest === undefined) return [null]
  if (ageKnown(policies) || createdAt(oldest) !== null) return [oldest]
  return policies
}

interface Step {
  readonly mode: MtlsMode
  readonly policy: KubeObject
  readonly path: Path
  readonly level: string
}

function compose(levels: Levels, port: number): ServerMode {
  const steps = [
    step(levels.mesh, 'mesh-wide'),
    step(levels.namespace, 'namespace-wide'),
    step(levels.workload, 'for this workload'),
    portStep(levels.workload, port),
  ].filter(one => one !== null)
  const last = steps.at(-1)
  if (last === undefined) {
    return {
      mode: 'PERMISSIVE',
      decidedBy: [],
      reason: 'default',
      facts: [fact('no PeerAuthentication applies, so the default holds: PERMISSIVE')],
    }
  }
  const facts: readonly Fact[] = [...steps]
    .reverse()
    .map(({mode, policy, path, level}) =>
      fact(`PeerAuthentication ${policy.id.namespace}/${policy.id.name}, ${level}: ${mode}`, policy, path),
    )
  return {
    mode: last.mode,
    decidedBy: [...new Set([...steps].reverse().map(one => one.policy))],
    reason: 'policy',
    facts,
  }
}

function step(policy: KubeObject | null, level: string): Step | null {
  if (policy === null) return null
  const mode = mtlsMode(specOf(policy)['mtls'])
  return mode === null ? null : {mode, policy, path: ['spec', 'mtls', 'mode'], level}
}

function portStep(policy: KubeObject | null, port: number): Step | null {
  if (policy === null) return null
  const mode = mtlsMode(record(specOf(policy)['portLevelMtls'])[String(port)])
  return mode === null
    ? null
    : {mode, policy, path: ['spec', 'portLevelMtls', String(port), 'mode'], level: `for port ${port}`}
}

/**
 * The hint by which a client's istiod decides whether auto mTLS applies to a service at all: namespace, else mesh
 * policy; it ignores policies of workloads and ports (push_context.go BestEffortInferServiceMTLSMode).
 */
export function namespaceHint(
  mesh: Mesh,
  namespace: string,
): {readonly mode: MtlsMode | 'unknown'; readonly policies: readonly KubeObject[]} {
  const {wide} = policiesOf(mesh)
  const root = mesh.meshConfig.rootNamespace
  const modes = (place: string): readonly (KubeObject | null)[] => inForce(wide.get(place) ?? [])
  const found = modes(root).flatMap(meshWide =>
    (namespace === root ? [null] : modes(namespace)).map(
      own => hint(own) ?? hint(meshWide) ?? {mode: 'PERMISSIVE' as const, policies: []},
    ),
  )
  const [first] = found
  if (first === undefined) return {mode: 'PERMISSIVE', policies: []}
  if (found.every(one => one.mode === first.mode)) return first
  return {mode: 'unknown', policies: found.flatMap(one => one.policies)}
}

function hint(
  policy: KubeObject | null,
): {readonly mode: MtlsMode; readonly policies: readonly KubeObject[]} | null {
  if (policy === null) return null
  const mode = mtlsMode(specOf(policy)['mtls'])
  return mode === null ? null : {mode, policies: [policy]}
}
