import {defineBehaviour} from '../behaviour.ts'

function closed(annotations: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: shop, annotations: ${annotations}}
spec:
  selector: {matchLabels: {app: orders}}
  action: DENY
  rules: [{to: [{operation: {paths: [/admin]}}]}]
`
}

/** A policy on trial denies nothing. */
export default defineBehaviour<number | string>({
  rule: 'authz-dry-run-left',
  bad: closed('{istio.io/dry-run: "true"}'),
  fixed: closed('{}'),
  observe: stage => stage.status('web', 'http://orders/admin'),
  misbehaves: 200,
  behaves: 403,
})
