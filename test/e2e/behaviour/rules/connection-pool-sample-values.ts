import {defineBehaviour} from '../behaviour.ts'

function pool(values: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec:
  host: cart
  trafficPolicy:
    connectionPool: {${values}}
`
}

/** The values of Istio's sample let one request through at a time, and refuse the others. */
export default defineBehaviour<boolean>({
  rule: 'connection-pool-sample-values',
  bad: pool('tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1, maxRequestsPerConnection: 1}'),
  fixed: pool('tcp: {maxConnections: 100}, http: {http1MaxPendingRequests: 100}'),
  observe: async stage => {
    const ten = Array.from({length: 10}, () => stage.status('web', 'http://cart/delay/300'))
    return (await Promise.all(ten)).every(status => status === 200)
  },
  misbehaves: false,
  behaves: true,
})
