import {defineBehaviour} from '../behaviour.ts'

function policy(mode: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: shop}
spec:
  outboundTrafficPolicy: ${mode}
  egress: [{hosts: [istio-system/*, ./*]}]
`
}

/** An empty block forbids all that the Sidecar does not import, where a Sidecar without it would let it through. */
export default defineBehaviour<number | string>({
  rule: 'sidecar-outbound-mode-ambiguous',
  bad: policy('{}'),
  fixed: policy('{mode: ALLOW_ANY}'),
  observe: stage => stage.status('web', 'http://batch.outside/'),
  misbehaves: 502,
  behaves: 200,
})
