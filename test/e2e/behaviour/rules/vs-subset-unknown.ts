import {defineBehaviour} from '../behaviour.ts'

function routeTo(subset: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http: [{route: [{destination: {host: orders, subset: ${subset}}}]}]
`
}

/** A route to a subset that no rule defines leads nowhere. */
export default defineBehaviour<number | string>({
  rule: 'vs-subset-unknown',
  bad: routeTo('stable'),
  fixed: routeTo('v1'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 503,
  behaves: 200,
})
