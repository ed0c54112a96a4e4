import {defineBehaviour} from '../behaviour.ts'

/** Of two policies for a namespace the older one counts. */
export default defineBehaviour<number | string>({
  rule: 'pa-duplicate-namespace',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: a-open, namespace: shop}
spec: {mtls: {mode: PERMISSIVE}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: b-strict, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: b-strict, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  observe: stage => stage.status('batch', 'http://orders.shop/'),
  misbehaves: 200,
  behaves: 'ECONNRESET',
})
