import {defineBehaviour} from '../behaviour.ts'

const slowTimesOut = `
      timeout: 500ms
      match: [{headers: {x-tester: {exact: "yes"}}}]
`

/**
 * The injected delay is longer than the timeout, and the request is answered all the same: the delay comes before the
 * timeout begins. Where the delay is on the next hop the timeout is put to the test.
 */
export default defineBehaviour<number | string>({
  rule: 'fault-with-retry-or-timeout',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
    - route: [{destination: {host: cart}}]${slowTimesOut}
      fault: {delay: {fixedDelay: 1500ms, percentage: {value: 100}}}
    - route: [{destination: {host: cart}}]
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
    - route: [{destination: {host: cart}}]${slowTimesOut}
    - route: [{destination: {host: cart}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: stock, namespace: shop}
spec:
  hosts: [stock]
  http:
    - match: [{headers: {x-trial: {exact: chaos}}}]
      route: [{destination: {host: stock}}]
      fault: {delay: {fixedDelay: 1500ms, percentage: {value: 100}}}
    - route: [{destination: {host: stock}}]
`,
  observe: stage =>
    stage.status('web', {
      url: 'http://cart/via/stock/',
      headers: {'x-tester': 'yes', 'x-trial': 'chaos'},
    }),
  misbehaves: 200,
  behaves: 504,
})
