import {defineBehaviour} from '../behaviour.ts'

function detection(maxEjectionPercent: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy:
    outlierDetection:
      consecutive5xxErrors: 2
      interval: 1s
      baseEjectionTime: 60s
      maxEjectionPercent: ${maxEjectionPercent}
`
}

/**
 * One of three endpoints fails all that it is asked. It is a third, and stays where 33 per cent may go: Envoy does
 * not round. Where 34 may, it goes.
 */
export default defineBehaviour<{ejected: number; failures: boolean}>({
  rule: 'outlier-never-ejects',
  bad: detection(33),
  fixed: detection(34),
  observe: async stage => {
    await stage.askInTurn('web', 20, 'http://orders/fails-on/v2')
    const answers = await stage.askInTurn('web', 12, 'http://orders/fails-on/v2')
    return {
      ejected: await stage.ejected('web', 'outbound|80||orders.shop.svc.cluster.local'),
      failures: answers.some(({status}) => status !== 200),
    }
  },
  misbehaves: {ejected: 0, failures: true},
  behaves: {ejected: 1, failures: false},
})
