import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  severityOfEdges,
  trafficKinds,
} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'sidecar-egress-hides-dependency',
  area: 'sidecar',
  severity: 'error',
  istio: '*',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    hidden: '{clients} cannot reach {servers}: this Sidecar does not import it.',
  },
  why: 'A Sidecar leaves in the proxy only the hosts that its egress lists. A call to any other goes out as to an unknown host: in plaintext past all routes; where the mode is REGISTRY_ONLY it ends in 502, or in a reset where the proxy knows of no HTTP on that port.',
  fix: 'Add namespace/host of the server to the egress hosts.',
  check(mesh, report) {
    const edges = failingEdges(mesh, ['service-hidden-by-sidecar', 'registry-only'])
    for (const one of byDecider(edges, ({object}) => object?.id.kind === 'Sidecar')) {
      report({
        messageId: 'hidden',
        data: {clients: clientNames(one.edges), servers: serverNames(one.edges)},
        identity: [],
        object: one.object,
        path: one.path,
        severity: severityOfEdges(one.edges),
        evidence: evidenceOfEdges(one.edges),
      })
    }
  },
})
