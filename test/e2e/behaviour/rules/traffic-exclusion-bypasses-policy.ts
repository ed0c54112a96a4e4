import {defineBehaviour} from '../behaviour.ts'
import {deployment, service} from '../cast.ts'

const strict = `---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: open, namespace: shop}
spec:
  selector: {matchLabels: {app: open}}
  mtls: {mode: STRICT}
`

/** Plaintext is answered by a port that is kept from the sidecar, whatever the policy demands. */
export default defineBehaviour<number | string>({
  rule: 'traffic-exclusion-bypasses-policy',
  with: service('open'),
  bad:
    deployment({name: 'open', annotations: {'traffic.sidecar.istio.io/excludeInboundPorts': '8080'}}) +
    strict,
  fixed: deployment({name: 'open'}) + strict,
  observe: stage => stage.status('batch', 'http://open.shop/'),
  misbehaves: 200,
  behaves: 'ECONNRESET',
})
