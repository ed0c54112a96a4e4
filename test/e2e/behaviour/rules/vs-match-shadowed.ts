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

/** An administrator is served by v1: the route that takes all of /api stands before the one that was to. */
export default defineBehaviour<string | undefined>({
  rule: 'vs-match-shadowed',
  bad: `${beginning}
    - match: [{uri: {prefix: /api}}]
      route: [{destination: {host: orders, subset: v1}}]
    - match: [{uri: {exact: /api/admin}}, {uri: {exact: /admin}}]
      route: [{destination: {host: orders, subset: v2}}]
    - route: [{destination: {host: orders, subset: v1}}]
`,
  fixed: `${beginning}
    - match: [{uri: {exact: /api/admin}}, {uri: {exact: /admin}}]
      route: [{destination: {host: orders, subset: v2}}]
    - match: [{uri: {prefix: /api}}]
      route: [{destination: {host: orders, subset: v1}}]
    - route: [{destination: {host: orders, subset: v1}}]
`,
  observe: async stage => echoOf(await stage.ask('web', 'http://orders/api/admin'))?.version,
  misbehaves: 'v1',
  behaves: 'v2',
})
