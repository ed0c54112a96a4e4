import {defineBehaviour} from '../behaviour.ts'

function secure(name: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: secure, namespace: shop}
spec:
  selector: {app: stock}
  ports: [{name: ${name}, port: 8443, targetPort: 8443}]
`
}

/** The client's own TLS is read as HTTP, and ends there. */
export default defineBehaviour<boolean>({
  rule: 'port-http-carries-tls',
  bad: secure('http-secure'),
  fixed: secure('tls-secure'),
  observe: async stage => {
    const {body} = await stage.ask('web', {connect: {host: 'secure', port: 8443}, tls: true})
    return body === 'over TLS\n'
  },
  misbehaves: false,
  behaves: true,
})
