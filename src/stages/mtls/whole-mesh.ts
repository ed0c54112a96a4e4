import {record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {changesOf} from '../../changes/change-set.ts'
import type {Change, ChangeSet} from '../../changes/change-set.ts'
import {ageKnown, oldestFirst} from '../../mesh/age.ts'
import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import {mtlsMode, namespaceHint} from '../../mesh/peer-authentication.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {policySelector} from '../../mesh/selectors.ts'
import {Draft} from '../draft.ts'
import {withValue} from '../edit.ts'
import {freeName} from '../free-name.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {isApplicationService} from '../subjects.ts'
import {fill} from '../template.ts'
import {endangered} from './endangered.ts'
import type {Endangered} from './endangered.ts'
import {draftExceptions} from './exceptions.ts'
import type {ExceptionScope} from './exceptions.ts'
import {objectsAfter} from './objects-after.ts'
import {draftOldPolicies} from './old-policies.ts'
import {brokenOrders} from './orders.ts'
import type {BrokenOrder} from './orders.ts'
import {draftRuleRepairs} from './rule-repairs.ts'

/** The way to STRICT for the whole mesh, and what stands in it. */
export interface WholeMesh {
  readonly set: ChangeSet
  /** Calls that STRICT cuts unless something is done for them: those that an exception keeps, and those that none keeps. */
  readonly kept: readonly Endangered[]
  readonly cut: readonly Endangered[]
  /** Why a policy cannot be written. */
  readonly obstacles: readonly Reason[]
  /** Calls that would break while the changes spread; empty where any order does. */
  readonly races: readonly BrokenOrder[]
}

// Each phase has arrived at every proxy before the next starts (istio-semantics M, hazards 1, 2 and 6).
const pinClients = 'Keep clients on plaintext while servers change'
const takeBoth = 'Let servers take both plaintext and mTLS'
const clientsFirst = 'Let clients send mTLS'
const openExceptions = 'Open the exceptions'
const demand = 'Demand mTLS in the whole mesh'

const drafts = perMesh(() => new Map<ExceptionScope, WholeMesh>())

/** Asked twice for each answer, by the assessment and by the plan; worked out once. */
export function wholeMesh(mesh: Mesh, scope: ExceptionScope): WholeMesh {
  const known = drafts(mesh)
  const found = known.get(scope) ?? draftWholeMesh(mesh, scope)
  known.set(scope, found)
  return found
}

function draftWholeMesh(mesh: Mesh, scope: ExceptionScope): WholeMesh {
  const services = serversOf(mesh)
  const draft = new Draft()
  for (const phase of [pinClients, takeBoth, clientsFirst, openExceptions, demand]) draft.phase(phase)
  const root = meshWidePolicy(mesh)
  if (root.policy !== null && modeOf(root.policy) === 'DISABLE') leaveDisable(mesh, draft, root.policy)
  draftRuleRepairs(mesh, draft, clientsFirst, services)
  draftOldPolicies(mesh, draft, demand)
  demandStrict(mesh, draft, root.policy)
  const threatened = endangered(mesh, after(mesh, changesOf(draft.finish())), services)
  const unopened = draftExceptions(
    mesh,
    draft,
    openExceptions,
    threatened.map(({edge}) => edge),
    scope,
  )
  const set = draft.finish()
  const cut = scope === 'none' ? threatened : endangered(mesh, after(mesh, changesOf(set)), services)
  const lost = new Set(cut.map(({edge}) => edge))
  return {
    set,
    kept: threatened.filter(({edge}) => !lost.has(edge)),
    cut,
    obstacles: [...root.obstacles, ...unopened],
    races: brokenOrders(mesh, set).filter(({edge}) => !isAmong(edge, cut)),
  }
}

function isAmong(edge: Endangered['edge'], cut: readonly Endangered[]): boolean {
  return cut.some(
    one =>
      one.edge.client.workload === edge.client.workload &&
      one.edge.client.namespace === edge.client.namespace &&
      one.edge.server.service.host === edge.server.service.host &&
      one.edge.server.port.port === edge.server.port.port,
  )
}

function after(mesh: Mesh, changes: readonly Change[]): Mesh {
  return mesh.withObjects(objectsAfter(mesh.objects(), changes))
}

/** The services that could demand mTLS. */
export function serversOf(mesh: Mesh): readonly Service[] {
  return mesh.services.filter(service => isApplicationService(mesh, service) && hasProxies(mesh, service))
}

function hasProxies(mesh: Mesh, service: Service): boolean {
  return mesh
    .endpoints(service)
    .some(workload => mesh.injection(workload).inMesh === true && mesh.injection(workload).mode === 'sidecar')
}

// --- the mesh-wide policy --------------------------------------------------------------------

function meshWidePolicy(mesh: Mesh): {
  readonly policy: KubeObject | null
  readonly obstacles: readonly Reason[]
} {
  const root = mesh.meshConfig.rootNamespace
  const policies = oldestFirst(mesh.objects('PeerAuthentication')).filter(
    ({id, value}) =>
      id.namespace === root &&
      id.apiVersion.startsWith('security.istio.io/') &&
      policySelector(record(value['spec'])['selector']) === null,
  )
  const [oldest] = policies
  if (policies.length < 2 || ageKnown(policies)) return {policy: oldest ?? null, obstacles: []}
  const message = `${listed(policies.map(({id}) => named(id)))} all hold for the whole mesh; only the oldest counts, and which that is is not known`
  const facts = policies.map(policy => fact('a rival', policy))
  return {
    policy: oldest ?? null,
    obstacles: [
      reason('rival-policies-without-age', message, facts, 'keep one of them and delete the others'),
    ],
  }
}

function modeOf(policy: KubeObject): string | null {
  return mtlsMode(record(policy.value['spec'])['mtls'])
}

function demandStrict(mesh: Mesh, draft: Draft, policy: KubeObject | null): void {
  const why = 'no known call is left that could not send mTLS, but for the exceptions'
  const namespace = mesh.meshConfig.rootNamespace
  if (policy !== null) {
    // Its state by then: a mesh that was on DISABLE has come to PERMISSIVE.
    const before = modeOf(policy) === 'DISABLE' ? {...policy, value: withMode(policy, 'PERMISSIVE')} : policy
    draft.update(demand, before, why, value => withValue(value, ['spec', 'mtls', 'mode'], 'STRICT'))
    return
  }
  const name = freeName(mesh, 'PeerAuthentication', namespace, 'default', 'strict')
  draft.create(demand, fill('mtls/run/mesh.yaml', {name, namespace}), why)
}

function withMode(policy: KubeObject, mode: string): KubeObject['value'] {
  return withValue(policy.value, ['spec', 'mtls', 'mode'], mode)
}

/**
 * Away from a mesh-wide DISABLE. A client's proxy that hears of PERMISSIVE first would send mTLS to a server that does
 * not take it yet, so its clients are told to stay on plaintext until every server takes both.
 */
function leaveDisable(mesh: Mesh, draft: Draft, policy: KubeObject): void {
  const root = mesh.meshConfig.rootNamespace
  const inherits = mesh.namespaces.filter(
    namespace =>
      namespaceHint(mesh, namespace).policies.includes(policy) &&
      mesh.services.some(service => service.namespace === namespace && hasProxies(mesh, service)),
  )
  for (const namespace of inherits) {
    const host = `*.${namespace}.svc.cluster.local`
    const there = mesh
      .objects('DestinationRule')
      .find(({id, value}) => id.namespace === root && record(value['spec'])['host'] === host)
    if (there !== undefined) continue
    const name = freeName(mesh, 'DestinationRule', root, `plaintext-${namespace}`, 'pin')
    const pin = fill('mtls/run/plaintext-pin.yaml', {name, namespace: root, host})
    const why = `clients of ${namespace} must not send mTLS before its servers take it`
    draft.create(pinClients, pin, why)
    const made: KubeObject = {
      id: {
        cluster: policy.id.cluster,
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        namespace: root,
        name,
      },
      value: pin.value,
      source: null,
    }
    draft.remove(clientsFirst, made, `every server of ${namespace} takes mTLS by now`)
  }
  draft.update(takeBoth, policy, 'between DISABLE and STRICT lies PERMISSIVE', value =>
    withValue(value, ['spec', 'mtls', 'mode'], 'PERMISSIVE'),
  )
}
