import {defineBehaviour} from '../behaviour.ts'

function timeouts(cart: string, stock: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http:
    - route: [{destination: {host: cart}}]
      timeout: ${cart}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: stock, namespace: shop}
spec:
  hosts: [stock]
  http:
    - route: [{destination: {host: stock}}]
      timeout: ${stock}
`
}

/** web gives up before cart gives stock up, so cart never gets to say what went wrong. */
export default defineBehaviour<{status: number | undefined; cartAnswers: boolean}>({
  rule: 'timeout-inversion',
  bad: timeouts('500ms', '2s'),
  fixed: timeouts('2s', '500ms'),
  observe: async stage => {
    const {status, headers = {}} = await stage.ask('web', 'http://cart/via/stock/delay/5000')
    return {status, cartAnswers: headers['x-answered-by'] !== undefined}
  },
  misbehaves: {status: 504, cartAnswers: false},
  behaves: {status: 504, cartAnswers: true},
})
