import {defineBehaviour} from '../behaviour.ts'

/** The experiment hits everybody; behind a header it hits who asks for it. */
export default defineBehaviour<{everybody: number | string; tester: number | string}>({
  rule: 'fault-left-in',
  bad: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - route: [{destination: {host: orders}}]
      fault:
        abort: {httpStatus: 500, percentage: {value: 100}}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - match: [{headers: {x-tester: {exact: "yes"}}}]
      route: [{destination: {host: orders}}]
      fault:
        abort: {httpStatus: 500, percentage: {value: 100}}
    - route: [{destination: {host: orders}}]
`,
  observe: async stage => ({
    everybody: await stage.status('web', 'http://orders/'),
    tester: await stage.status('web', {url: 'http://orders/', headers: {'x-tester': 'yes'}}),
  }),
  misbehaves: {everybody: 500, tester: 500},
  behaves: {everybody: 200, tester: 500},
})
