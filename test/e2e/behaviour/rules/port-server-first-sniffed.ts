import {defineBehaviour} from '../behaviour.ts'

function desktop(port: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: desktop, namespace: shop}
spec:
  selector: {app: stock}
  ports: [{${port}, port: 5901, targetPort: 5900}]
`
}

/** The server is to speak first, and the proxies wait for the client. */
export default defineBehaviour<string | undefined>({
  rule: 'port-server-first-sniffed',
  bad: desktop('name: screen'),
  fixed: desktop('name: tcp-screen'),
  observe: async stage => {
    const {body, error} = await stage.ask('web', {connect: {host: 'desktop', port: 5901}, timeoutMs: 1500})
    return body ?? error
  },
  misbehaves: 'ETIMEDOUT',
  behaves: 'RFB 003.008\n',
})
