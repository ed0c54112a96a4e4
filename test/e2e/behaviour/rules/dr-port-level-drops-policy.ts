import {defineBehaviour} from '../behaviour.ts'

const detection = '{consecutive5xxErrors: 2, interval: 1s, baseEjectionTime: 60s, maxEjectionPercent: 100}'

/** What is set for one port replaces what is set for all, so that an endpoint which fails is not ejected there. */
export default defineBehaviour<number>({
  rule: 'dr-port-level-drops-policy',
  bad: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    outlierDetection: ${detection}
    portLevelSettings:
      - port: {number: 80}
        loadBalancer: {simple: RANDOM}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    outlierDetection: ${detection}
    portLevelSettings:
      - port: {number: 80}
        loadBalancer: {simple: RANDOM}
        outlierDetection: ${detection}
`,
  observe: async stage => {
    await stage.askInTurn('web', 3, 'http://stock/status/500')
    return stage.ejected('web', 'outbound|80||stock.shop.svc.cluster.local')
  },
  misbehaves: 0,
  behaves: 1,
})
