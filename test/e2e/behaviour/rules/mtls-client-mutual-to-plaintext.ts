import {defineBehaviour} from '../behaviour.ts'

/** mTLS that a DestinationRule forces does not reach an application without a sidecar; left alone, plaintext does. */
export default defineBehaviour<number | string>({
  rule: 'mtls-client-mutual-to-plaintext',
  bad: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: legacy, namespace: shop}
spec:
  host: legacy
  trafficPolicy:
    tls: {mode: ISTIO_MUTUAL}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: legacy, namespace: shop}
spec:
  host: legacy
  trafficPolicy: {connectionPool: {tcp: {connectTimeout: 3s}}}
`,
  observe: stage => stage.status('web', 'http://legacy/'),
  misbehaves: 503,
  behaves: 200,
})
