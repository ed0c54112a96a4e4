import {defineBehaviour} from '../behaviour.ts'
import {knowsItsClient} from '../stage.ts'

function plaintextTo(host: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: ${host}
  trafficPolicy: {tls: {mode: DISABLE}}
`
}

/** A rule for a host that nobody has changes nothing: mTLS goes on where plaintext was asked for. */
export default defineBehaviour<boolean>({
  rule: 'dr-host-unknown',
  bad: plaintextTo('oders.shop.svc.cluster.local'),
  fixed: plaintextTo('orders.shop.svc.cluster.local'),
  observe: async stage => knowsItsClient(await stage.ask('web', 'http://orders/')),
  misbehaves: true,
  behaves: false,
})
