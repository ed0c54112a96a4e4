import {defineBehaviour} from '../behaviour.ts'

function allow(principal: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules: [{from: [{source: {principals: [${principal}]}}]}]
`
}

/** Istio puts spiffe:// before what is written, so nobody has such a name. */
export default defineBehaviour<number | string>({
  rule: 'authz-principal-malformed',
  bad: allow('spiffe://cluster.local/ns/shop/sa/web'),
  fixed: allow('cluster.local/ns/shop/sa/web'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 403,
  behaves: 200,
})
