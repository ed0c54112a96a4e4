import {defineBehaviour} from '../behaviour.ts'
import {record, records, text} from '../../../../src/objects/json.ts'

function balancing(simple: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: stock, namespace: shop}
spec:
  host: stock
  trafficPolicy:
    loadBalancer: {simple: ${simple}, warmup: {duration: 30s}}
`
}

/** A proxy that balances at random is not told of any warm-up. */
export default defineBehaviour<boolean>({
  rule: 'warmup-unsupported-lb',
  bad: balancing('RANDOM'),
  fixed: balancing('ROUND_ROBIN'),
  observe: async stage => {
    const dump = record(
      await stage.envoy('web', 'config_dump?resource=dynamic_active_clusters&name_regex=.*stock.*'),
    )
    const clusters = records(dump['configs']).map(one => record(one['cluster']))
    const stock = clusters.find(one => text(one['name']) === 'outbound|80||stock.shop.svc.cluster.local')
    if (stock === undefined) throw new Error('Envoy has no cluster for stock')
    return JSON.stringify(stock).includes('slow_start')
  },
  misbehaves: false,
  behaves: true,
})
