import {fact} from '../../../mesh/fact.ts'
import type {Fact} from '../../../mesh/fact.ts'
import {inboundInterception} from '../../../mesh/injection.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {policyMode} from '../../../mesh/peer-authentication.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

/** The proxy's own ports are never redirected. */
const proxyPorts: readonly number[] = [15020, 15021, 15090]

export default defineRule({
  id: 'traffic-exclusion-bypasses-policy',
  area: 'injection',
  severity: 'warning',
  istio: '*',
  inputs: ['Namespace', 'PeerAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    bypass:
      'Port {ports} of this workload is kept from the sidecar, so that {policies} is not enforced there.',
  },
  why: 'What is excluded from redirection reaches the application as it was sent: neither STRICT mTLS nor an AuthorizationPolicy stands in its way, though both say that they protect the workload.',
  fix: 'Take the port out of the exclusion, or protect it with a NetworkPolicy and say so.',
  check(mesh, report) {
    for (const workload of mesh.workloads) {
      const interception = inboundInterception(workload)
      if (interception.fact === null || mesh.injection(workload).inMesh !== true) continue
      const ports = listeningPorts(mesh, workload).filter(
        port => interception.excludes(port) && !proxyPorts.includes(port),
      )
      const policies = ports.flatMap(port => policiesOn(mesh, workload, port))
      if (policies.length === 0) continue
      report({
        messageId: 'bypass',
        data: {ports: listed(ports.map(String)), policies: listed(policies.map(({text}) => text))},
        identity: ['ports'],
        object: workload.object,
        path: interception.fact.path,
        evidence: [interception.fact, ...policies],
      })
    }
  },
})

function listeningPorts(mesh: Mesh, workload: Workload): readonly number[] {
  const declared = workload.containers.flatMap(({ports}) =>
    ports.filter(({protocol}) => protocol === 'TCP').map(({port}) => port),
  )
  const targeted = mesh
    .servicesOf(workload)
    .flatMap(service => service.ports.flatMap(port => mesh.targetPort(port, workload) ?? []))
  return [...new Set([...declared, ...targeted])]
}

function policiesOn(mesh: Mesh, workload: Workload, port: number): readonly Fact[] {
  const {mode, decidedBy} = policyMode(mesh, workload, port)
  const strict = mode === 'STRICT' ? decidedBy.slice(0, 1) : []
  return [
    ...strict.map(policy => fact(`PeerAuthentication ${nameOf(policy.id)} (STRICT)`, policy, ['spec'])),
    ...mesh
      .authorization(workload)
      .map(policy => fact(`AuthorizationPolicy ${nameOf(policy.id)}`, policy, ['spec'])),
  ]
}
