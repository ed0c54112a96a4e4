import {defineBehaviour} from '../behaviour.ts'

function front(appProtocol: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{name: http, port: 8090, targetPort: 8080, appProtocol: ${appProtocol}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front, namespace: shop}
spec:
  hosts: [front]
  http:
    - match: [{uri: {prefix: /admin}}]
      directResponse: {status: 403}
    - route: [{destination: {host: front}}]
`
}

/** The name says HTTP, but what counts is appProtocol: a port of TCP has no routes, and the door stays open. */
export default defineBehaviour<number | string>({
  rule: 'port-name-vs-appprotocol',
  bad: front('tcp'),
  fixed: front('http'),
  observe: stage => stage.status('web', 'http://front:8090/admin'),
  misbehaves: 200,
  behaves: 403,
})
