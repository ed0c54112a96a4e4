import {defineBehaviour} from '../behaviour.ts'

/** A server in trouble gets eleven requests for each one. */
export default defineBehaviour<{status: number | string; arrivals: number}>({
  rule: 'retry-attempts-high',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      retries: {attempts: 10, retryOn: 5xx}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      retries: {attempts: 2, retryOn: 5xx}
`,
  observe: stage => stage.arrivals('web', 'orders', {url: 'http://orders/status/503'}),
  misbehaves: {status: 503, arrivals: 11},
  behaves: {status: 503, arrivals: 3},
})
