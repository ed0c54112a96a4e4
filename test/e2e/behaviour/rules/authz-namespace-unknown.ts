import {defineBehaviour} from '../behaviour.ts'

function allow(namespace: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules: [{from: [{source: {namespaces: [${namespace}]}}]}]
`
}

/** Nobody comes from a namespace that is not there. */
export default defineBehaviour<number | string>({
  rule: 'authz-namespace-unknown',
  bad: allow('shpo'),
  fixed: allow('shop'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 403,
  behaves: 200,
})
