import {defineBehaviour} from '../behaviour.ts'

function front(targetPort: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{name: http, port: 80, targetPort: ${targetPort}}]
`
}

/** No container has a port of that name, so the Service leads nowhere. */
export default defineBehaviour<number | string>({
  rule: 'port-target-missing',
  bad: front('htpp'),
  fixed: front('http'),
  observe: stage => stage.status('web', 'http://front/'),
  misbehaves: 503,
  behaves: 200,
})
