import {defineBehaviour} from '../behaviour.ts'

/** A policy with a selector in the root namespace protects nobody: plaintext goes on to be served. */
export default defineBehaviour<number | string>({
  rule: 'pa-selector-in-root-namespace',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: istio-system}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
`,
  observe: stage => stage.status('batch', 'http://orders.shop/'),
  misbehaves: 200,
  behaves: 'ECONNRESET',
})
