import {fact} from '../../../mesh/fact.ts'
import type {Workload} from '../../../mesh/mesh.ts'
import {objectKey} from '../../../objects/identity.ts'
import {evidenceOfEdges, failingEdges, serverNames, trafficKinds} from '../../reading/failing-edges.ts'
import type {FailingEdge} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

const annotation = 'sidecar.istio.io/rewriteAppHTTPProbers'

export default defineRule({
  id: 'mtls-probe-rewrite-off',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    probe:
      'Probes of this workload are not rewritten, and its port demands mTLS, which the kubelet does not speak: the pods never get ready.',
  },
  why: 'The kubelet probes in plaintext. The injector leads its HTTP and gRPC probes around mTLS by the agent, unless that is switched off; then a STRICT port refuses them, and pods are restarted for ever.',
  fix: 'Remove the annotation sidecar.istio.io/rewriteAppHTTPProbers, or set it to "true".',
  check(mesh, report) {
    const workloads = new Map(mesh.workloads.map(workload => [objectKey(workload.object.id), workload]))
    const edges = failingEdges(mesh, ['client-not-in-mesh']).filter(
      ({edge}) => edge.client.kind === 'kubelet',
    )
    for (const [key, failing] of byWorkload(edges)) {
      const workload = workloads.get(key)
      const [first] = failing
      if (workload === undefined || first === undefined) continue
      const policy = first.judgement.facts.find(({object}) => object?.id.kind === 'PeerAuthentication')
      report({
        messageId: 'probe',
        object: workload.object,
        path: placeOf(workload, first),
        evidence: evidenceOfEdges(failing),
        related:
          policy === undefined
            ? []
            : [fact(`demands mTLS on ${serverNames(failing)}`, policy.object, policy.path)],
      })
    }
  },
})

function byWorkload(edges: readonly FailingEdge[]): ReadonlyMap<string, readonly FailingEdge[]> {
  const found = new Map<string, FailingEdge[]>()
  for (const one of edges) {
    const {object} = one.edge.client
    if (object === null) continue
    const key = objectKey(object.id)
    const known = found.get(key)
    if (known === undefined) found.set(key, [one])
    else known.push(one)
  }
  return found
}

/** The annotation, or the probe where the mesh switches the rewriting off. */
function placeOf({annotations, templatePath}: Workload, {edge}: FailingEdge): readonly (string | number)[] {
  if (annotations[annotation] !== undefined) return [...templatePath, 'metadata', 'annotations', annotation]
  return edge.knownBy[0]?.path ?? []
}
