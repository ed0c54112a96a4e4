import {defineBehaviour} from '../behaviour.ts'

function detection(thresholds: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    outlierDetection: {${thresholds}, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}
`
}

/** Seven gateway errors eject, although the threshold for them is ten: they count as 5xx errors, whose default is five. */
export default defineBehaviour<number>({
  rule: 'outlier-gateway-threshold-dead',
  bad: detection('consecutiveGatewayErrors: 10'),
  fixed: detection('consecutiveGatewayErrors: 10, consecutive5xxErrors: 0'),
  observe: async stage => {
    await stage.ask('web', 'http://stock/')
    await stage.askInTurn('web', 7, 'http://stock/status/503')
    return stage.ejected('web', 'outbound|80||stock.shop.svc.cluster.local')
  },
  misbehaves: 1,
  behaves: 0,
})
