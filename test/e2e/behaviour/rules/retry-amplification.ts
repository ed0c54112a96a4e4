import {defineBehaviour} from '../behaviour.ts'

const cart = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
    - route: [{destination: {host: cart}}]
      retries: {attempts: 3, retryOn: 5xx}
---
`

/** One request of web's becomes sixteen of stock's, when stock fails and both hops before it retry. */
export default defineBehaviour<{status: number | string; arrivals: number}>({
  rule: 'retry-amplification',
  bad: `${cart}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: stock, namespace: shop}
spec:
  hosts: [stock]
  http:
    - route: [{destination: {host: stock}}]
      retries: {attempts: 3, retryOn: 5xx}
`,
  fixed: `${cart}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: stock, namespace: shop}
spec:
  hosts: [stock]
  http:
    - route: [{destination: {host: stock}}]
      retries: {attempts: 2, retryOn: 'connect-failure,refused-stream'}
`,
  observe: stage => stage.arrivals('web', 'stock', {url: 'http://cart/via/stock/status/503'}),
  misbehaves: {status: 503, arrivals: 16},
  behaves: {status: 503, arrivals: 4},
})
