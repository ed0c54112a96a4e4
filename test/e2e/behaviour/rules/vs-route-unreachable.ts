import {defineBehaviour} from '../behaviour.ts'
import {echoOf} from '../stage.ts'

const beginning = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:`

/** Nobody reaches a route behind one that takes all. */
export default defineBehaviour<string | undefined>({
  rule: 'vs-route-unreachable',
  bad: `${beginning}
    - route: [{destination: {host: orders, subset: v1}}]
    - match: [{headers: {x-canary: {exact: "yes"}}}]
      route: [{destination: {host: orders, subset: v2}}]
`,
  fixed: `${beginning}
    - match: [{headers: {x-canary: {exact: "yes"}}}]
      route: [{destination: {host: orders, subset: v2}}]
    - route: [{destination: {host: orders, subset: v1}}]
`,
  observe: async stage =>
    echoOf(await stage.ask('web', {url: 'http://orders/', headers: {'x-canary': 'yes'}}))?.version,
  misbehaves: 'v1',
  behaves: 'v2',
})
