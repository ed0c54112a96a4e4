import {defineBehaviour} from '../behaviour.ts'

const denied = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  action: DENY
  rules: [{from: [{source: {namespaces: [outside]}}]}]
`

/** The one who is denied by name gives none, as plaintext is still served; where mTLS is demanded, nobody is nameless. */
export default defineBehaviour<number | string>({
  rule: 'authz-deny-identity-permissive',
  bad: denied,
  fixed: `${denied}---
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
