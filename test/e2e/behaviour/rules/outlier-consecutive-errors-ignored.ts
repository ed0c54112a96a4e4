import {defineBehaviour} from '../behaviour.ts'

function detection(field: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    outlierDetection: {${field}: 2, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}
`
}

/** Three errors do not eject, although two were to: nobody reads the old field. */
export default defineBehaviour<number>({
  rule: 'outlier-consecutive-errors-ignored',
  bad: detection('consecutiveErrors'),
  fixed: detection('consecutive5xxErrors'),
  observe: async stage => {
    await stage.ask('web', 'http://stock/')
    await stage.askInTurn('web', 3, 'http://stock/status/500')
    return stage.ejected('web', 'outbound|80||stock.shop.svc.cluster.local')
  },
  misbehaves: 0,
  behaves: 1,
})
