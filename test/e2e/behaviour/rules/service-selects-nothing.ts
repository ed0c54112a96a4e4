import {defineBehaviour} from '../behaviour.ts'

function front(app: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: front, namespace: shop}
spec:
  selector: {app: ${app}}
  ports: [{name: http, port: 80, targetPort: 8080}]
`
}

/** A Service without pods has nobody to answer. */
export default defineBehaviour<number | string>({
  rule: 'service-selects-nothing',
  bad: front('order'),
  fixed: front('orders'),
  observe: stage => stage.status('web', 'http://front/'),
  misbehaves: 503,
  behaves: 200,
})
