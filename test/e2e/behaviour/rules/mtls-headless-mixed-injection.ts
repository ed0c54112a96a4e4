import {defineBehaviour} from '../behaviour.ts'

/** One endpoint without a sidecar makes clients speak plaintext to all of a headless Service, and STRICT ones refuse. */
export default defineBehaviour<number | string>({
  rule: 'mtls-headless-mixed-injection',
  bad: `
apiVersion: v1
kind: Service
metadata: {name: shelf, namespace: shop}
spec:
  clusterIP: None
  selector: {shelf: mixed}
  ports: [{name: http, port: 8080, targetPort: 8080}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  fixed: `
apiVersion: v1
kind: Service
metadata: {name: shelf, namespace: shop}
spec:
  clusterIP: None
  selector: {shelf: mixed, app: cart}
  ports: [{name: http, port: 8080, targetPort: 8080}]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
`,
  // As a client that got the address from the name.
  observe: stage =>
    stage.status('web', {url: `http://${stage.ip('cart')}:8080/`, headers: {host: 'shelf:8080'}}),
  misbehaves: 503,
  behaves: 200,
})
