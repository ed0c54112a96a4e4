import {defineBehaviour} from '../behaviour.ts'

/** A client without a sidecar speaks plaintext, and is reset; in an open port it is served. */
export default defineBehaviour<number | string>({
  rule: 'mtls-strict-uninjected-client',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  portLevelMtls: {8080: {mode: PERMISSIVE}}
`,
  observe: stage => stage.status('batch', 'http://orders.shop/'),
  misbehaves: 'ECONNRESET',
  behaves: 200,
})
