import {trafficKinds} from '../../reading/failing-edges.ts'
import {tlsFindings, wideTlsFindings} from '../../reading/tls-findings.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mtls-client-plaintext-to-strict',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: ['IST0113', 'KIA0207', 'KIA0208'],
  formerIds: [],
  messages: {
    edge: "{clients} cannot reach {servers}: this DestinationRule sets tls mode {mode}, and the server demands the mesh's mTLS.",
    rule: "No client in the mesh can reach {servers} by this DestinationRule: it sets tls mode {mode}, and the server demands the mesh's mTLS.",
    wide: 'This DestinationRule sets tls mode {mode} for all of {servers}, where {policy} demands mTLS: servers in the mesh refuse what is sent.',
  },
  why: "A tls block in a DestinationRule always wins over automatic mTLS. A server whose PeerAuthentication is STRICT refuses anything but the mesh's own mTLS, so every request ends in 503 UC or a TLS error.",
  fix: 'Remove the tls block: automatic mTLS then speaks what each server demands.',
  check(mesh, report) {
    tlsFindings(mesh, ['destination-rule-disables-tls', 'destination-rule-plain-tls-to-strict'], report)
    wideTlsFindings(mesh, {modes: ['DISABLE', 'SIMPLE'], policy: 'STRICT'}, report)
  },
})
