import {readAuthorization} from '../../../mesh/authorization-rules.ts'
import type {Mesh, Workload} from '../../../mesh/mesh.ts'
import {authorizations, workloadsOf} from '../../reading/authorizations.ts'
import {concernsPort, httpOnlyPath, isAllTcp, tcpPorts} from '../../reading/http-only-rules.ts'
import type {TcpPort} from '../../reading/http-only-rules.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-allow-http-on-tcp',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    denied:
      'The port of {servers} is not HTTP, so that no method, path, host or token is known there: these rules are left out, and since no other one allows it everything is refused.',
  },
  why: 'On a TCP port the proxy sees bytes. A rule that asks for a field of HTTP cannot match, Istio leaves it out, and an ALLOW policy without rules that match refuses every connection.',
  fix: 'Allow the TCP port in a rule of its own by ports and the identity of the client, or declare the port as HTTP if that is what is spoken.',
  check(mesh, report) {
    for (const {object, policy, selector} of authorizations(mesh)) {
      if (policy.action !== 'ALLOW') continue
      const first = policy.rules.map(httpOnlyPath).find(one => one !== null)
      if (first === undefined || first === null) continue
      const selected = workloadsOf(mesh, object, selector).filter(
        one => mesh.injection(one).mode === 'sidecar',
      )
      const closed = selected.flatMap(workload =>
        tcpPorts(mesh, workload).filter(
          port => isMeant(policy.rules, port) && !isAllowed(mesh, workload, port),
        ),
      )
      if (closed.length === 0) continue
      report({
        messageId: 'denied',
        data: {servers: listed(closed.map(({service}) => service))},
        identity: [],
        object,
        path: first,
        // Beside ports of HTTP it may be meant, and more likely it is forgotten.
        ...(selected.some(workload => isAllTcp(mesh, workload)) ? {} : {severity: 'warning' as const}),
      })
    }
  },
})

type Rules = ReturnType<typeof readAuthorization>['rules']

/** Whether some rule of HTTP does not say by its ports that it is for others. */
function isMeant(rules: Rules, {number}: TcpPort): boolean {
  return rules.some(rule => httpOnlyPath(rule) !== null && concernsPort(rule, number))
}

function isAllowed(mesh: Mesh, workload: Workload, {number}: TcpPort): boolean {
  return mesh
    .authorization(workload)
    .map(readAuthorization)
    .filter(({action}) => action === 'ALLOW')
    .some(({rules}) => rules.some(rule => httpOnlyPath(rule) === null && concernsPort(rule, number)))
}
