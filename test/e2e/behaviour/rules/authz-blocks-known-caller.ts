import {defineBehaviour} from '../behaviour.ts'

function allow(accounts: string): string {
  return `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  mtls: {mode: PERMISSIVE}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {principals: [${accounts}]}}]
    - from: [{source: {notPrincipals: ["*"]}}]
`
}

/** web calls orders, and is not on the list. */
export default defineBehaviour<number | string>({
  rule: 'authz-blocks-known-caller',
  bad: allow('cluster.local/ns/shop/sa/cart'),
  fixed: allow('cluster.local/ns/shop/sa/cart, cluster.local/ns/shop/sa/web'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 403,
  behaves: 200,
})
