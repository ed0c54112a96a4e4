import {defineBehaviour} from '../behaviour.ts'

/** Clients take the mode of the namespace for the server's, and send plaintext to a workload that demands mTLS. */
export default defineBehaviour<number | string>({
  rule: 'mtls-namespace-disable-workload-strict',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: DISABLE}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: PERMISSIVE}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 503,
  behaves: 200,
})
