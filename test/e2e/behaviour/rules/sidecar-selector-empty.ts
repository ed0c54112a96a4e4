import {defineBehaviour} from '../behaviour.ts'

function narrow(app: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: shop}
spec:
  workloadSelector: {labels: {app: ${app}}}
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: [istio-system/*, ./*]}]
`
}

/** A Sidecar that selects nobody holds nobody back. */
export default defineBehaviour<number | string>({
  rule: 'sidecar-selector-empty',
  bad: narrow('wbe'),
  fixed: narrow('web'),
  observe: stage => stage.status('web', 'http://batch.outside/'),
  misbehaves: 200,
  behaves: 502,
})
