import {defineBehaviour} from '../behaviour.ts'
import {deployment, service} from '../cast.ts'

const closed = `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: forgotten}
spec: {}
`

function namespace(labels: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: forgotten, labels: ${labels}}
`
}

function vault(annotations: Record<string, string>): string {
  return deployment({namespace: 'forgotten', name: 'vault', annotations}) + service('vault', 'forgotten')
}

/** A policy in a namespace without sidecars keeps nobody out. */
export default defineBehaviour<number | string>({
  rule: 'ns-not-injected',
  bad: namespace('{}') + vault({}) + closed,
  fixed: namespace('{istio-injection: enabled}') + vault({'restarted-for': 'its sidecar'}) + closed,
  observe: stage => stage.status('web', 'http://vault.forgotten/'),
  misbehaves: 200,
  behaves: 403,
})
