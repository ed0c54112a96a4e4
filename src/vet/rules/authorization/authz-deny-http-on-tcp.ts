import {authorizations, workloadsOf} from '../../reading/authorizations.ts'
import {concernsPort, httpOnlyPath, tcpPorts} from '../../reading/http-only-rules.ts'
import {listed} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-deny-http-on-tcp',
  area: 'authorization',
  severity: 'warning',
  istio: '*',
  inputs: ['AuthorizationPolicy', 'Service'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133'],
  formerIds: [],
  messages: {
    widened:
      'The port of {servers} is not HTTP, so that this rule denies there without asking for a method, path, host or token: more than is written.',
  },
  why: 'On a TCP port the proxy sees bytes. To be safe Istio drops the fields of HTTP from a DENY rule there, and what is left of it, which may be nothing, refuses every connection.',
  fix: 'Name the ports of HTTP in the operation.',
  check(mesh, report) {
    for (const {object, policy, selector} of authorizations(mesh)) {
      if (policy.action !== 'DENY') continue
      const ports = workloadsOf(mesh, object, selector)
        .filter(workload => mesh.injection(workload).mode === 'sidecar')
        .flatMap(workload => tcpPorts(mesh, workload))
      if (ports.length === 0) continue
      for (const rule of policy.rules) {
        const path = httpOnlyPath(rule)
        const hit = ports.filter(({number}) => concernsPort(rule, number))
        if (path === null || hit.length === 0) continue
        report({
          messageId: 'widened',
          data: {servers: listed(hit.map(({service}) => service))},
          identity: [],
          object,
          path,
        })
      }
    }
  },
})
