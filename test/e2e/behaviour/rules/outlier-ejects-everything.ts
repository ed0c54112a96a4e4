import {defineBehaviour} from '../behaviour.ts'

function detection(maxEjectionPercent: number): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: pair, namespace: shop}
spec:
  selector: {app: orders, version: v1}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: pair, namespace: shop}
spec:
  host: pair
  trafficPolicy:
    outlierDetection:
      consecutive5xxErrors: 2
      interval: 1s
      baseEjectionTime: 60s
      maxEjectionPercent: ${maxEjectionPercent}
`
}

/** A few errors take both endpoints away, and then nothing is answered any more. */
export default defineBehaviour<{ejected: number; then: number | string}>({
  rule: 'outlier-ejects-everything',
  bad: detection(100),
  fixed: detection(50),
  observe: async stage => {
    await stage.askInTurn('web', 12, 'http://pair/status/500')
    return {
      ejected: await stage.ejected('web', 'outbound|80||pair.shop.svc.cluster.local'),
      then: await stage.status('web', 'http://pair/'),
    }
  },
  misbehaves: {ejected: 2, then: 503},
  behaves: {ejected: 1, then: 200},
})
