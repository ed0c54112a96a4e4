import {record} from '../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../objects/object.ts'
import {ageKnown, oldestFirst} from '../../mesh/age.ts'
import {fact} from '../../mesh/fact.ts'
import type {Edge, Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {policySelector} from '../../mesh/selectors.ts'
import {clientName} from '../callers.ts'
import type {Draft} from '../draft.ts'
import {withValue} from '../edit.ts'
import {freeName} from '../free-name.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {fill} from '../template.ts'
import {permissivePorts} from './carve-outs.ts'
import {serverName} from './endangered.ts'
import {policyTarget} from './peer-authentication.ts'

/** What stays open to plaintext for the sake of a caller that cannot send mTLS. */
export const exceptionScopes = ['none', 'port', 'workload', 'namespace'] as const
export type ExceptionScope = (typeof exceptionScopes)[number]

/** Drafts what keeps these calls alive under a STRICT that comes later; gives back what cannot be kept that way. */
export function draftExceptions(
  mesh: Mesh,
  draft: Draft,
  phase: string,
  edges: readonly Edge[],
  scope: ExceptionScope,
): readonly Reason[] {
  if (scope === 'none') return []
  if (scope === 'namespace') {
    const byNamespace = Map.groupBy(edges, edge => edge.server.service.namespace)
    return [...byNamespace].flatMap(([namespace, calls]) =>
      openNamespace(mesh, draft, phase, namespace, calls),
    )
  }
  const {groups, obstacles} = groupsOf(mesh, edges)
  for (const group of groups) openWorkloads(mesh, draft, phase, group, scope)
  return obstacles
}

/** `batch/report, which has no sidecar, calls shop/cart:80` for each, in one line. */
function because(edges: readonly Edge[]): string {
  return listed(
    edges.map(
      ({client, server}) =>
        `${clientName(client)}${client.inMesh === true ? '' : ', outside the mesh,'} calls ${serverName(server)}`,
    ),
  )
}

// --- namespaces ------------------------------------------------------------------------------

function openNamespace(
  mesh: Mesh,
  draft: Draft,
  phase: string,
  namespace: string,
  edges: readonly Edge[],
): readonly Reason[] {
  const policies = oldestFirst(mesh.objects('PeerAuthentication')).filter(
    ({id, value}) =>
      id.namespace === namespace &&
      id.apiVersion.startsWith('security.istio.io/') &&
      policySelector(record(value['spec'])['selector']) === null,
  )
  const [oldest] = policies
  const why = because(edges)
  if (oldest === undefined) {
    const name = freeName(mesh, 'PeerAuthentication', namespace, 'default', 'exception')
    draft.create(
      phase,
      fill('mtls/run/namespace.yaml', {name, namespace, why}),
      `${why}: plaintext stays allowed`,
    )
    return []
  }
  if (policies.length > 1 && !ageKnown(policies)) return [rivals(policies)]
  draft.update(phase, oldest, `${why}: plaintext stays allowed`, value =>
    withValue(value, ['spec', 'mtls', 'mode'], 'PERMISSIVE'),
  )
  return []
}

function rivals(policies: readonly KubeObject[]): Reason {
  return reason(
    'rival-policies-without-age',
    `${listed(policies.map(({id}) => named(id)))} hold for the same namespace; only the oldest counts, and which that is is not known`,
    policies.map(policy => fact('a rival', policy)),
    'keep one of them and delete the others',
  )
}

// --- workloads and their ports ---------------------------------------------------------------

/** The pods that one policy is to open: only one policy counts for a pod, hence services over the same pods share it. */
interface Group {
  readonly service: Service
  readonly policy: KubeObject | null
  readonly workloads: readonly Workload[]
  readonly ports: Set<number>
  readonly edges: Edge[]
}

function groupsOf(
  mesh: Mesh,
  edges: readonly Edge[],
): {readonly groups: readonly Group[]; readonly obstacles: readonly Reason[]} {
  const groups: Group[] = []
  const obstacles: Reason[] = []
  const byService = [...Map.groupBy(edges, edge => edge.server.service)].sort(
    ([a], [b]) => mesh.endpoints(b).length - mesh.endpoints(a).length,
  )
  for (const [service, calls] of byService) {
    const {policy, obstacle} = policyTarget(mesh, service)
    if (obstacle !== null) {
      obstacles.push(obstacle)
      continue
    }
    const own = mesh.endpoints(service)
    const group = groups.find(one =>
      policy === null ? own.every(workload => one.workloads.includes(workload)) : one.policy === policy,
    )
    const touched = groups.find(
      one => one !== group && own.some(workload => one.workloads.includes(workload)),
    )
    if (touched !== undefined) {
      obstacles.push(entangled(service, touched.service))
      continue
    }
    const into = group ?? {service, policy, workloads: own, ports: new Set<number>(), edges: []}
    if (group === undefined) groups.push(into)
    into.edges.push(...calls)
    for (const port of portsOf(mesh, calls)) into.ports.add(port)
  }
  return {groups, obstacles}
}

function portsOf(mesh: Mesh, edges: readonly Edge[]): readonly number[] {
  return edges.flatMap(({server}) =>
    mesh.endpoints(server.service).flatMap(workload => mesh.targetPort(server.port, workload) ?? []),
  )
}

function entangled(one: Service, other: Service): Reason {
  return reason(
    'exception-entangled',
    `the Services ${one.namespace}/${one.name} and ${other.namespace}/${other.name} share some of their pods and not all, so no single policy can open both`,
    [
      fact('its selector', one.object, ['spec', 'selector']),
      fact('its selector', other.object, ['spec', 'selector']),
    ],
    `leave the namespace PERMISSIVE (--exceptions namespace), or give the callers a sidecar`,
  )
}

function openWorkloads(
  mesh: Mesh,
  draft: Draft,
  phase: string,
  {service, policy, ports, edges}: Group,
  scope: 'port' | 'workload',
): void {
  const why = because(edges)
  const reasonOf = `${why}: plaintext stays allowed`
  if (policy !== null) {
    draft.update(phase, policy, reasonOf, value => opened(value, scope === 'port' ? ports : null))
    return
  }
  const {namespace} = service
  const name = freeName(mesh, 'PeerAuthentication', namespace, service.name, 'exception')
  const values = {name, namespace, why, service: service.name, labels: {...service.selector}}
  const filled =
    scope === 'port'
      ? fill('mtls/run/port.yaml', {...values, ports: permissivePorts(ports)})
      : fill('mtls/run/workload.yaml', values)
  draft.create(phase, filled, reasonOf)
}

function opened(value: JsonObject, ports: ReadonlySet<number> | null): JsonObject {
  if (ports === null) return withValue(value, ['spec', 'mtls', 'mode'], 'PERMISSIVE')
  return [...ports].reduce(
    (current, port) => withValue(current, ['spec', 'portLevelMtls', String(port), 'mode'], 'PERMISSIVE'),
    value,
  )
}
