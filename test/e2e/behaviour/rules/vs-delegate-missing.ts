import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

function delegate(name: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: shop}
spec:
  hosts: [orders]
  http:
    - match: [{uri: {prefix: /cart}}]
      delegate: {name: part}
    - route: [{destination: {host: orders}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: shop}
spec:
  http: [{route: [{destination: {host: cart}}]}]
`
}

/** The route to a delegate that is not there is left out, and what it was to take goes to the next one. */
export default defineBehaviour<boolean>({
  rule: 'vs-delegate-missing',
  bad: delegate('parts'),
  fixed: delegate('part'),
  observe: async stage =>
    echoOf(await stage.ask('web', 'http://orders/cart'))?.from.startsWith('cart-') === true,
  misbehaves: false,
  behaves: true,
})
