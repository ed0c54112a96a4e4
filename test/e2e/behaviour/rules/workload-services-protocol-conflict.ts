import {defineBehaviour} from '../behaviour.ts'
import {knowsItsClient} from '../stage.ts'

const front = `
apiVersion: v1
kind: Service
metadata: {name: b-front, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{name: http, port: 8081, targetPort: 8081}]
`

/** The older Service says TCP, so the server's proxy reads no HTTP on that port, and adds no header that names the client. */
export default defineBehaviour<boolean>({
  rule: 'workload-services-protocol-conflict',
  bad: `
apiVersion: v1
kind: Service
metadata: {name: a-front, namespace: shop}
spec:
  selector: {app: orders}
  ports: [{name: tcp, port: 8081, targetPort: 8081}]
---${front}`,
  fixed: front,
  observe: async stage => knowsItsClient(await stage.ask('web', 'http://b-front:8081/')),
  misbehaves: false,
  behaves: true,
})
