import {at, isRecord, record} from '../../objects/json.ts'
import type {KubeObject} from '../../objects/object.ts'
import {destinationRuleHost} from '../../mesh/destination-rules.ts'
import {hostCovers} from '../../mesh/hosts.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {isHttp} from '../../mesh/protocols.ts'
import type {Draft} from '../draft.ts'
import {withValue} from '../edit.ts'
import {ruleObstacle} from './client-obstacles.ts'
import {mismatches} from './clients.ts'
import type {Mismatch} from './clients.ts'

/**
 * DestinationRules that keep clients from mTLS. One that does nothing else is deleted: auto mTLS then does for each pod
 * what fits. One that does more, or that hides another rule, is set to the mesh's own TLS where all pods can take it.
 * What is left as it is shows in the calls that STRICT would cut.
 */
export function draftRuleRepairs(
  mesh: Mesh,
  draft: Draft,
  phase: string,
  services: readonly Service[],
): void {
  for (const service of services) {
    for (const mismatch of mismatches(mesh, service)) {
      const {rule, server} = mismatch
      if (rule === null) continue
      const why = `its tls keeps clients of ${server.service.namespace}/${server.service.name} from mTLS`
      if (canGo(mesh, mismatch, rule.object)) draft.remove(phase, rule.object, why)
      else if (ruleObstacle(mesh, mismatch, rule.object) === null)
        draft.update(phase, rule.object, why, value => withValue(value, rule.path, {mode: 'ISTIO_MUTUAL'}))
    }
  }
}

/** Whether the rule only says tls, every host that it covers is the mesh's, and no other rule comes to light without it. */
function canGo(mesh: Mesh, {server, sends}: Mismatch, rule: KubeObject): boolean {
  const {rules, without} = idleRules(mesh)
  if (!mesh.meshConfig.enableAutoMtls || !rules.has(rule)) return false
  if (sends === 'tls' && !isHttp(server.port.protocol)) return false
  const host = destinationRuleHost(rule)
  const covered = mesh.services.filter(service => hostCovers(host, service.host))
  return covered.every(
    service =>
      service.location === 'mesh' &&
      fitsAutoMtls(mesh, service) &&
      oneOfEachNamespace(mesh).every(
        client =>
          mesh.destinationRule(client, service)?.rules[0] !== rule ||
          without.destinationRule(client, service) === null,
      ),
  )
}

/** Rules that do nothing but keep clients from mTLS, and the mesh as it is without any of them. */
const idleRules = perMesh((mesh): {readonly rules: ReadonlySet<KubeObject>; readonly without: Mesh} => {
  const rules = new Set(mesh.objects('DestinationRule').filter(rule => saysOnlyTls(rule)))
  return {rules, without: mesh.withObjects(mesh.objects().filter(object => !rules.has(object)))}
})

/** A rule counts for all clients of a namespace alike, unless it selects workloads, and then it says more than tls. */
const oneOfEachNamespace = perMesh((mesh): readonly Workload[] => {
  const meshed = mesh.workloads.filter(workload => mesh.injection(workload).inMesh === true)
  return [...new Map(meshed.map(workload => [workload.namespace, workload])).values()]
})

function saysOnlyTls(rule: KubeObject): boolean {
  const spec = record(rule.value['spec'])
  const policy = at(rule.value, ['spec', 'trafficPolicy'])
  return (
    isRecord(policy) &&
    record(policy['tls'])['mode'] !== 'ISTIO_MUTUAL' &&
    Object.keys(policy).every(key => key === 'tls') &&
    Object.keys(spec).every(key => ['host', 'trafficPolicy', 'exportTo'].includes(key))
  )
}

/** A headless service gets mTLS on all its pods or on none (B2). */
function fitsAutoMtls(mesh: Mesh, service: Service): boolean {
  if (service.type !== 'Headless') return true
  return mesh.endpoints(service).every(one => mesh.injection(one).inMesh === true)
}
