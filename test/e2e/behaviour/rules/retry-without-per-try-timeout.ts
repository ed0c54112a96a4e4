import {defineBehaviour} from '../behaviour.ts'

/** One try that hangs takes all the time there is, and none is left for another. */
export default defineBehaviour<{status: number | string; arrivals: number}>({
  rule: 'retry-without-per-try-timeout',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      timeout: 1s
      retries: {attempts: 2, retryOn: gateway-error}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      timeout: 1s
      retries: {attempts: 2, perTryTimeout: 200ms, retryOn: gateway-error}
`,
  observe: stage => stage.arrivals('web', 'orders', {url: 'http://orders/delay/5000'}),
  misbehaves: {status: 504, arrivals: 1},
  behaves: {status: 504, arrivals: 3},
})
