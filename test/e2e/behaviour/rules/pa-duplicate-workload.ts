import {defineBehaviour} from '../behaviour.ts'

/** Of two policies for a workload the older one counts, so what the younger one demands is not enforced. */
export default defineBehaviour<number | string>({
  rule: 'pa-duplicate-workload',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: a-open, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: PERMISSIVE}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: b-strict, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: b-strict, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  observe: stage => stage.status('batch', 'http://orders.shop/'),
  misbehaves: 200,
  behaves: 'ECONNRESET',
})
