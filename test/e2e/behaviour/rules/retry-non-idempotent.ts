import {defineBehaviour} from '../behaviour.ts'

/** One order is placed three times; split by method, an order is placed once. */
export default defineBehaviour<{status: number | string; arrivals: number}>({
  rule: 'retry-non-idempotent',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      retries: {attempts: 2, retryOn: 5xx}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - match: [{method: {exact: GET}}]
      route: [{destination: {host: orders}}]
      retries: {attempts: 2, retryOn: 5xx}
    - route: [{destination: {host: orders}}]
      retries: {attempts: 0}
`,
  observe: stage => stage.arrivals('web', 'orders', {url: 'http://orders/status/503', method: 'POST'}),
  misbehaves: {status: 503, arrivals: 3},
  behaves: {status: 503, arrivals: 1},
})
