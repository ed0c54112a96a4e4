import {defineBehaviour} from '../behaviour.ts'
import {echoOf, knowsItsClient} from '../stage.ts'

/** A sidecar does not read the Secret, and sends plaintext without a word: the server answers, and knows of no client. */
export default defineBehaviour<{answered: boolean; overMtls: boolean}>({
  rule: 'dr-credentialname-ignored-on-sidecar',
  bad: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy:
    tls: {mode: SIMPLE, credentialName: orders-ca}
`,
  fixed: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy:
    tls: {mode: ISTIO_MUTUAL}
`,
  observe: async stage => {
    const answer = await stage.ask('web', 'http://orders/')
    return {answered: echoOf(answer) !== null, overMtls: knowsItsClient(answer)}
  },
  misbehaves: {answered: true, overMtls: false},
  behaves: {answered: true, overMtls: true},
})
