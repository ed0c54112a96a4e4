import {defineBehaviour} from '../behaviour.ts'

const onlyWeb = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-web, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]
`

/** Beside a policy that allows everything another one keeps nobody out. */
export default defineBehaviour<number | string>({
  rule: 'authz-allow-all-moots-others',
  bad: `${onlyWeb}---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: everything, namespace: shop}
spec: {rules: [{}]}
`,
  fixed: onlyWeb,
  observe: stage => stage.status('cart', 'http://orders/'),
  misbehaves: 200,
  behaves: 403,
})
