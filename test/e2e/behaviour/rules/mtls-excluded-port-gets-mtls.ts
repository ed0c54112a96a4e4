import {defineBehaviour} from '../behaviour.ts'
import {deployment, service} from '../cast.ts'

/** Clients send mTLS to a port that the sidecar does not take, until a policy tells them not to. */
export default defineBehaviour<number | string>({
  rule: 'mtls-excluded-port-gets-mtls',
  with: [
    deployment({name: 'excluded', annotations: {'traffic.sidecar.istio.io/excludeInboundPorts': '8080'}}),
    service('excluded'),
    deployment({name: 'caller', calls: ['excluded']}),
  ].join(''),
  bad: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: excluded, namespace: shop}
spec:
  selector: {matchLabels: {app: excluded}}
  mtls: {mode: PERMISSIVE}
`,
  fixed: `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: excluded, namespace: shop}
spec:
  selector: {matchLabels: {app: excluded}}
  mtls: {mode: PERMISSIVE}
  portLevelMtls: {8080: {mode: DISABLE}}
`,
  observe: stage => stage.status('caller', 'http://excluded/'),
  misbehaves: 503,
  behaves: 200,
})
