import {at, isRecord, record} from '../../../objects/json.ts'
import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  trafficKinds,
} from '../../reading/failing-edges.ts'
import type {FailingEdge} from '../../reading/failing-edges.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-strict-prometheus-scrape',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: [...trafficKinds, 'ServiceMonitor', 'PodMonitor'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    refused:
      '{clients} has no sidecar and scrapes {servers}, where this PeerAuthentication demands mTLS: the metrics of the application are lost.',
  },
  why: 'Prometheus outside the mesh has no certificate, so a STRICT port resets its scrapes: targets go down, and alerts and autoscalers that rest on them go blind.',
  fix: 'Leave the metrics port PERMISSIVE (portLevelMtls), or have the sidecar merge the metrics by prometheus.io annotations and scrape port 15020.',
  check(mesh, report) {
    const edges = failingEdges(mesh, ['client-not-in-mesh']).filter(
      one => one.edge.client.kind === 'prometheus' && !hasCertificate(one),
    )
    for (const {object, path, edges: lost} of byDecider(
      edges,
      fact => fact.object?.id.kind === 'PeerAuthentication',
    )) {
      report({
        messageId: 'refused',
        data: {clients: clientNames(lost), servers: serverNames(lost)},
        identity: [],
        object,
        path,
        // A Prometheus that is not in the input is taken to have no sidecar, as is usual.
        ...(lost.some(({edge}) => edge.client.of !== null) ? {} : {severity: 'warning' as const}),
        evidence: evidenceOfEdges(lost),
      })
    }
  },
})

/** A monitor that presents a certificate is given one of the mesh, which is how a STRICT port is scraped. */
function hasCertificate({edge}: FailingEdge): boolean {
  return edge.knownBy.some(
    ({object, path}) => object !== null && isRecord(record(at(object.value, path))['tlsConfig']),
  )
}
