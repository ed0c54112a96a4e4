import {defineBehaviour} from '../behaviour.ts'

function allow(method: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules: [{to: [{operation: {methods: [${method}]}}]}]
`
}

/** No request has a method in small letters, so none is allowed. */
export default defineBehaviour<number | string>({
  rule: 'authz-method-case',
  bad: allow('get'),
  fixed: allow('GET'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 403,
  behaves: 200,
})
