import {asksIdentity} from '../../../mesh/authorization-rules.ts'
import type {Source} from '../../../mesh/authorization-rules.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import type {Fact} from '../../../mesh/fact.ts'
import {authorizations, workloadsOf} from '../../reading/authorizations.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-deny-identity-permissive',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'PeerAuthentication', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    bypass:
      'Whoever sends plaintext to {workloads} passes this DENY policy: without mTLS a request has no identity that could match.',
  },
  why: 'The identity of a client is in its certificate. Where the server takes plaintext as well (PERMISSIVE, the default), a client that is to be denied only has to leave mTLS out.',
  fix: 'Make the workload STRICT with a PeerAuthentication, or deny notPrincipals of those who may call.',
  check(mesh, report) {
    for (const {object, policy, selector} of authorizations(mesh)) {
      if (policy.action !== 'DENY') continue
      const source = policy.rules.flatMap(rule => rule.from).find(names)
      if (source === undefined) continue
      const open = workloadsOf(mesh, object, selector).flatMap(
        workload => takesPlaintext(mesh, workload) ?? [],
      )
      if (open.length === 0) continue
      report({
        messageId: 'bypass',
        data: {workloads: listed(open.map(({workload}) => nameOf(workload)))},
        identity: [],
        object,
        path: source.path,
        // A PeerAuthentication outside the input may make it STRICT.
        ...(mesh.complete('PeerAuthentication') || open[0]?.decided === true
          ? {}
          : {severity: 'warning' as const}),
        evidence: open[0]?.facts ?? [],
      })
    }
  },
})

/** By who the client is, and not by who it is not: what has no identity is none of those either. */
function names(source: Source): boolean {
  return (
    asksIdentity(source) &&
    [source.principals, source.namespaces, source.serviceAccounts].some(values => values.in.length > 0)
  )
}

interface Open {
  readonly workload: Workload
  readonly decided: boolean
  readonly facts: readonly Fact[]
}

function takesPlaintext(mesh: Mesh, workload: Workload): Open | null {
  if (mesh.injection(workload).inMesh !== true) return null
  const ports = mesh
    .servicesOf(workload)
    .flatMap(service => service.ports.flatMap(port => mesh.targetPort(port, workload) ?? []))
  for (const port of ports) {
    const {mode, decidedBy, facts} = mesh.peerAuthentication(workload, port)
    if (mode === 'PERMISSIVE' || mode === 'DISABLE') return {workload, decided: decidedBy.length > 0, facts}
  }
  return null
}
