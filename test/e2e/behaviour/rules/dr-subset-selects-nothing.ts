import {defineBehaviour} from '../behaviour.ts'

function canary(version: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  subsets: [{name: canary, labels: {version: ${version}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http: [{route: [{destination: {host: orders, subset: canary}}]}]
`
}

/** A subset without a pod has nobody to answer. */
export default defineBehaviour<number | string>({
  rule: 'dr-subset-selects-nothing',
  bad: canary('v3'),
  fixed: canary('v2'),
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 503,
  behaves: 200,
})
