import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

function delegate(prefix: string): string {
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
metadata: {name: part, namespace: shop}
spec:
  http:
    - match: [{uri: {prefix: ${prefix}}}]
      route: [{destination: {host: cart}}]
`
}

/** A delegate that takes what its root does not give it is left out. */
export default defineBehaviour<boolean>({
  rule: 'vs-delegate-conflict',
  bad: delegate('/basket'),
  fixed: delegate('/cart/items'),
  observe: async stage =>
    echoOf(await stage.ask('web', 'http://orders/cart/items'))?.from.startsWith('cart-') === true,
  misbehaves: false,
  behaves: true,
})
