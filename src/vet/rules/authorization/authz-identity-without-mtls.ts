import {identityPaths} from '../../../mesh/authorization-rules.ts'
import {fact} from '../../../mesh/fact.ts'
import type {Labels, Mesh, Workload} from '../../../mesh/mesh.ts'
import type {KubeObject} from '../../../objects/object.ts'
import {authorizations, workloadsOf} from '../../reading/authorizations.ts'
import {nameOf} from '../../reading/names.ts'
import {wideTls, writtenMode} from '../../reading/written-mtls.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-identity-without-mtls',
  area: 'authorization',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: ['AuthorizationPolicy', 'PeerAuthentication', 'DestinationRule', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['KIA0105'],
  formerIds: [],
  messages: {
    off: 'This asks who the client is, and {decider} turns mTLS off here: no request has an identity.',
  },
  why: 'Principals, namespaces and service accounts of a client are read from its certificate, which only mTLS shows. Without it an ALLOW rule that asks for them refuses everybody, and a DENY rule nobody.',
  fix: 'Turn mTLS on for these workloads, or ask for something else, such as ipBlocks.',
  check(mesh, report) {
    for (const {object, policy, selector} of authorizations(mesh)) {
      const [path] = identityPaths(policy)
      if (path === undefined) continue
      const decider = switchedOffBy(mesh, object, selector)
      if (decider === null) continue
      report({
        messageId: 'off',
        data: {decider: `${decider.id.kind} ${nameOf(decider.id)}`},
        identity: [],
        object,
        path,
        related: [fact('turns mTLS off', decider, ['spec'])],
        // A rule for clients holds for those that see it only.
        ...(decider.id.kind === 'DestinationRule' ? {severity: 'warning' as const} : {}),
      })
    }
  },
})

/** What keeps mTLS off on all that a policy selects; null where nothing does. */
function switchedOffBy(mesh: Mesh, policy: KubeObject, selector: Labels | null): KubeObject | null {
  const workloads = workloadsOf(mesh, policy, selector).filter(one => mesh.injection(one).mode === 'sidecar')
  const {namespace} = policy.id
  if (workloads.length > 0) {
    const deciders = workloads.map(workload => disabledBy(mesh, workload))
    return deciders.every(one => one !== null) ? (deciders[0] ?? null) : null
  }
  const written = writtenMode(mesh, namespace, selector)
  if (written?.mode === 'DISABLE') return written.policy
  return wideTls(mesh).find(({mode, covers}) => mode === 'DISABLE' && covers(namespace))?.rule ?? null
}

/** The policy by which every port of a workload that a Service leads to takes plaintext only. */
function disabledBy(mesh: Mesh, workload: Workload): KubeObject | null {
  const ports = mesh
    .servicesOf(workload)
    .flatMap(service => service.ports.flatMap(port => mesh.targetPort(port, workload) ?? []))
  const modes = ports.map(port => mesh.peerAuthentication(workload, port))
  if (modes.length === 0 || modes.some(({mode}) => mode !== 'DISABLE')) return null
  return modes[0]?.decidedBy[0] ?? null
}
