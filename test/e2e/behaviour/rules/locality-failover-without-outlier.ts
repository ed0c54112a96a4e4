import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

function failover(more: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: regions, namespace: shop}
spec:
  selector: {regions: both}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: regions, namespace: shop}
spec:
  host: regions
  trafficPolicy:
    loadBalancer:
      localityLbSetting:
        failover: [{from: eu, to: us}]${more}
`
}

/** Without outlier detection no region comes first, so there is nothing to fail over from: half of the requests go abroad. */
export default defineBehaviour<readonly string[]>({
  rule: 'locality-failover-without-outlier',
  bad: failover(''),
  fixed: failover(`
    outlierDetection: {maxEjectionPercent: 100}`),
  observe: async stage => {
    const answers = await stage.askInTurn('web', 20, 'http://regions/')
    const apps = answers.map(answer => echoOf(answer)?.from.replace(/-[^-]+-[^-]+$/, '') ?? 'nobody')
    return [...new Set(apps)].sort()
  },
  misbehaves: ['cart', 'stock'],
  behaves: ['cart'],
})
