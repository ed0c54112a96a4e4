import {defineBehaviour} from '../behaviour.ts'

function routeTo(host: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http: [{route: [{destination: {host: ${host}}}]}]
`
}

/** A route to a host that nobody has leads nowhere. */
export default defineBehaviour<number | string>({
  rule: 'vs-destination-unknown',
  bad: routeTo('oders'),
  fixed: routeTo('orders'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 503,
  behaves: 200,
})
