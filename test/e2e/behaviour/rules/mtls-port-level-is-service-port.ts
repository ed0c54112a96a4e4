import {defineBehaviour} from '../behaviour.ts'

/** The exception names port 80 of the Service, where it has to name port 8080 of the pod. */
export default defineBehaviour<number | string>({
  rule: 'mtls-port-level-is-service-port',
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
  portLevelMtls: {80: {mode: PERMISSIVE}}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: STRICT}
  portLevelMtls: {8080: {mode: PERMISSIVE}}
`,
  observe: stage => stage.status('batch', 'http://orders.shop/'),
  misbehaves: 'ECONNRESET',
  behaves: 200,
})
