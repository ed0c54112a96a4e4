import {defineBehaviour} from '../behaviour.ts'

const canary = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - match: [{headers: {x-canary: {exact: "yes"}}}]
      route: [{destination: {host: orders}}]
`

/** Who does not ask for the canary gets 404. */
export default defineBehaviour<number | string>({
  rule: 'vs-no-default-route',
  bad: canary,
  fixed: `${canary}
    - route: [{destination: {host: orders}}]
`,
  observe: stage => stage.status('web', 'http://orders/'),
  misbehaves: 404,
  behaves: 200,
})
