import {defineBehaviour} from '../behaviour.ts'
import {deployment, service} from '../cast.ts'

const strict = `---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: labelled, namespace: shop}
spec:
  selector: {matchLabels: {app: labelled}}
  mtls: {mode: STRICT}
`

/** The label says that there is no mTLS, so clients send plaintext to a workload that demands it. */
export default defineBehaviour<number | string>({
  rule: 'mtls-tlsmode-label-overridden',
  with: service('labelled'),
  bad: deployment({name: 'labelled', labels: {'security.istio.io/tlsMode': 'disabled'}}) + strict,
  fixed: deployment({name: 'labelled'}) + strict,
  observe: stage => stage.status('web', 'http://labelled/'),
  misbehaves: 503,
  behaves: 200,
})
