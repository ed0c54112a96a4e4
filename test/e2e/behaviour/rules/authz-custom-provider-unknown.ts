import {defineBehaviour} from '../behaviour.ts'

function askFirst(provider: string): string {
  return `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  action: CUSTOM
  provider: {name: ${provider}}
  rules: [{}]
`
}

/** Nobody can be asked whom the mesh config does not declare, so all is refused. */
export default defineBehaviour<number | string>({
  rule: 'authz-custom-provider-unknown',
  bad: askFirst('gatekeepr'),
  fixed: askFirst('gatekeeper'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 403,
  behaves: 200,
})
