import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  severityOfEdges,
  trafficKinds,
} from '../../reading/failing-edges.ts'
import type {FailingEdge} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-blocks-known-caller',
  area: 'authorization',
  severity: 'error',
  istio: '*',
  inputs: [...trafficKinds, 'AuthorizationPolicy'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    refused: '{clients} calls {servers}, and this policy refuses it: 403.',
    nameless:
      '{clients} calls {servers} in plaintext, where this policy asks who it is: without mTLS nobody knows, and it is refused.',
  },
  why: 'A caller that the manifests show is refused by the policies of its server. Either the call is not meant to be, or the policy forgot it.',
  fix: 'Add the service account or namespace of the caller to the policy; one without a sidecar has no identity and must be injected first.',
  check(mesh, report) {
    const edges = failingEdges(mesh, ['authorization-denies'])
    for (const nameless of [false, true]) {
      const concerned = edges.filter(edge => isNameless(edge) === nameless)
      for (const one of byDecider(concerned, ({object}) => object?.id.kind === 'AuthorizationPolicy')) {
        report({
          messageId: nameless ? 'nameless' : 'refused',
          data: {clients: clientNames(one.edges), servers: serverNames(one.edges)},
          identity: [],
          object: one.object,
          path: one.path,
          severity: severityOfEdges(one.edges),
          evidence: evidenceOfEdges(one.edges),
        })
      }
    }
  },
})

function isNameless({edge, judgement}: FailingEdge): boolean {
  return judgement.outcome.transport !== 'mtls' && edge.client.inMesh !== true
}
