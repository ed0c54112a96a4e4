import {defineBehaviour} from '../behaviour.ts'

/** Four tries of 400 ms do not fit into one second: the last never starts. */
export default defineBehaviour<{status: number | string; arrivals: number}>({
  rule: 'retry-budget-exceeds-timeout',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      timeout: 1s
      retries: {attempts: 3, perTryTimeout: 400ms, retryOn: gateway-error}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      timeout: 3s
      retries: {attempts: 3, perTryTimeout: 400ms, retryOn: gateway-error}
`,
  observe: stage => stage.arrivals('web', 'orders', {url: 'http://orders/delay/5000'}),
  misbehaves: {status: 504, arrivals: 3},
  behaves: {status: 504, arrivals: 4},
})
