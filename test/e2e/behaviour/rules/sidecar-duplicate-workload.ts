import {defineBehaviour} from '../behaviour.ts'

const wide = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: b-wide, namespace: shop}
spec:
  workloadSelector: {labels: {app: web}}
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: [istio-system/*, ./*, outside/*]}]
`

/** Of two Sidecars for a workload one counts, and what the other one imports is not reached. */
export default defineBehaviour<number | string>({
  rule: 'sidecar-duplicate-workload',
  bad: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: a-narrow, namespace: shop}
spec:
  workloadSelector: {labels: {app: web}}
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: [istio-system/*, ./*]}]
---${wide}`,
  fixed: wide,
  observe: stage => stage.status('web', 'http://batch.outside/'),
  misbehaves: 502,
  behaves: 200,
})
