import {trafficKinds} from '../../reading/failing-edges.ts'
import {tlsFindings, wideTlsFindings} from '../../reading/tls-findings.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-client-mutual-to-plaintext',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: ['KIA0505', 'KIA0506'],
  formerIds: [],
  messages: {
    edge: '{clients} cannot reach all of {servers}: this DestinationRule sets tls mode {mode}, and the server has no sidecar or turns mTLS off.',
    rule: 'Clients in the mesh cannot reach all of {servers} by this DestinationRule: it sets tls mode {mode}, and the server has no sidecar or turns mTLS off.',
    wide: 'This DestinationRule sets tls mode {mode} for all of {servers}, where {policy} turns mTLS off: servers cannot answer.',
  },
  why: 'ISTIO_MUTUAL in a DestinationRule sends mTLS to every endpoint, whatever it speaks; automatic mTLS would have looked at each one. A pod without a sidecar, or one whose PeerAuthentication says DISABLE, cannot answer: 503 UF.',
  fix: 'Remove the tls block: automatic mTLS is on by default and speaks plaintext where it must.',
  check(mesh, report) {
    tlsFindings(
      mesh,
      ['destination-rule-mutual-to-server-without-sidecar', 'destination-rule-mutual-to-disabled'],
      report,
    )
    wideTlsFindings(mesh, {modes: ['ISTIO_MUTUAL', 'MUTUAL'], policy: 'DISABLE'}, report)
  },
})
