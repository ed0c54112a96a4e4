import {defineBehaviour} from '../behaviour.ts'

function entry(more: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: desktop, namespace: shop}
spec:
  hosts: [desktop.example.com]
  resolution: STATIC
  ports: [{number: 5900, name: tcp, protocol: TCP}]
  endpoints: [{address: 192.0.2.1}]${more}
`
}

/** A connection to quite another server on that port goes to the entry's endpoint, where nobody is. */
export default defineBehaviour<boolean>({
  rule: 'se-tcp-without-address',
  bad: entry(''),
  fixed: entry('\n  addresses: [192.0.2.9]'),
  observe: async stage => {
    const connect = {host: stage.ip('batch'), port: 5900}
    const {body} = await stage.ask('web', {connect, timeoutMs: 1500})
    return body !== undefined
  },
  misbehaves: false,
  behaves: true,
})
