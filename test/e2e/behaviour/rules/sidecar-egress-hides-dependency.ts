import {defineBehaviour} from '../behaviour.ts'

function seeing(hosts: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec:
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: [${hosts}]}]
`
}

/** web does not see what it calls, and what it does not see it may not call; it sees no HTTP on port 80 at all. */
export default defineBehaviour<number | string>({
  rule: 'sidecar-egress-hides-dependency',
  bad: seeing('istio-system/*'),
  fixed: seeing('istio-system/*, ./*, outside/*'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 'ECONNRESET',
  behaves: 200,
})
