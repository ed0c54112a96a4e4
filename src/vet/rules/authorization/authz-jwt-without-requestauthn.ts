import {isSet} from '../../../mesh/authorization-rules.ts'
import type {AuthorizationRule} from '../../../mesh/authorization-rules.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {perMesh} from '../../../mesh/per-mesh.ts'
import {policySelector} from '../../../mesh/selectors.ts'
import {record} from '../../../objects/json.ts'
import type {Path} from '../../../objects/object.ts'
import {attached, authorizations, workloadsOf} from '../../reading/authorizations.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {absence} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

export default defineRule({
  id: 'authz-jwt-without-requestauthn',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'RequestAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unread:
      'No RequestAuthentication reads tokens on {workloads}, so no request there has the principal or claim that is asked for.',
  },
  why: 'Principals and claims of a token exist only where a RequestAuthentication has verified it. Without one an ALLOW rule that asks for them refuses everybody, with a valid token too.',
  fix: 'Add a RequestAuthentication for the issuer that selects the same workloads.',
  check(mesh, report) {
    for (const {object, policy, selector} of authorizations(mesh)) {
      const path = policy.rules.flatMap(asksToken)[0]
      if (path === undefined) continue
      const without = workloadsOf(mesh, object, selector).filter(
        workload => mesh.injection(workload).mode !== 'gateway' && !reads(mesh).has(workload),
      )
      if (without.length === 0) continue
      report({
        messageId: 'unread',
        data: {workloads: listed(without.map(nameOf))},
        identity: [],
        object,
        path,
        ...doubtOf(mesh, object.id.namespace),
      })
    }
  },
})

function asksToken(rule: AuthorizationRule): readonly Path[] {
  return [
    ...rule.from.filter(source => isSet(source.requestPrincipals)).map(source => source.path),
    ...rule.when.filter(({key}) => key.startsWith('request.auth.')).map(({path}) => path),
  ]
}

/** Workloads on which some RequestAuthentication is in force. */
const reads = perMesh((mesh: Mesh): ReadonlySet<Workload> => {
  const found = new Set<Workload>()
  for (const object of mesh.objects('RequestAuthentication')) {
    if (attached(object)) continue
    const selector = policySelector(record(object.value['spec'])['selector'])
    for (const workload of workloadsOf(mesh, object, selector)) found.add(workload)
  }
  return found
})

/** Where the namespace has some in the input, the one for these workloads is missing rather than elsewhere. */
function doubtOf(mesh: Mesh, namespace: string): Pick<Report, 'certainty' | 'severity'> {
  const certainty = absence(mesh, ['RequestAuthentication'])
  const near = readerNamespaces(mesh).has(namespace)
  return certainty === 'cannot-verify' && near ? {severity: 'warning'} : {certainty}
}

const readerNamespaces = perMesh(
  (mesh: Mesh): ReadonlySet<string> =>
    new Set(mesh.objects('RequestAuthentication').map(({id}) => id.namespace)),
)
