import {defineBehaviour} from '../behaviour.ts'

function denyAllTo(app: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: shop}
spec:
  selector: {matchLabels: {app: ${app}}}
  action: DENY
  rules: [{to: [{operation: {paths: [/admin]}}]}]
`
}

/** A policy that selects nobody protects nobody. */
export default defineBehaviour<number | string>({
  rule: 'authz-selector-empty',
  bad: denyAllTo('order'),
  fixed: denyAllTo('orders'),
  observe: stage => stage.status('web', 'http://orders/admin'),
  misbehaves: 200,
  behaves: 403,
})
