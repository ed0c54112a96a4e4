import {defineBehaviour} from '../behaviour.ts'

/** A DestinationRule keeps the client from mTLS, which the server demands. */
export default defineBehaviour<number | string>({
  rule: 'mtls-client-plaintext-to-strict',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy:
    tls: {mode: DISABLE}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy: {connectionPool: {tcp: {connectTimeout: 3s}}}
`,
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 503,
  behaves: 200,
})
