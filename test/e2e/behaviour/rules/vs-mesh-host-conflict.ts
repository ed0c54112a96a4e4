import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

const subsets = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
`

/** Of two VirtualServices for a host only the older one counts, so the canary is never routed to. */
export default defineBehaviour<string | undefined>({
  rule: 'vs-mesh-host-conflict',
  bad: `${subsets}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a-stable, namespace: shop}
spec:
  hosts: [orders]
  http: [{route: [{destination: {host: orders, subset: v1}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b-canary, namespace: shop}
spec:
  hosts: [orders.shop.svc.cluster.local]
  http:
    - match: [{headers: {x-canary: {exact: "yes"}}}]
      route: [{destination: {host: orders, subset: v2}}]
    - route: [{destination: {host: orders, subset: v1}}]
`,
  fixed: `${subsets}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b-canary, namespace: shop}
spec:
  hosts: [orders.shop.svc.cluster.local]
  http:
    - match: [{headers: {x-canary: {exact: "yes"}}}]
      route: [{destination: {host: orders, subset: v2}}]
    - route: [{destination: {host: orders, subset: v1}}]
`,
  observe: async stage =>
    echoOf(await stage.ask('web', {url: 'http://orders/', headers: {'x-canary': 'yes'}}))?.version,
  misbehaves: 'v1',
  behaves: 'v2',
})
