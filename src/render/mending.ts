import type {EdgeAnswer} from '../flows/answers.ts'
import type {Cause} from '../mesh/outcome.ts'
import {factText} from './outcome.ts'

/** What decides a failing call, by the kind of the object to change, and what to do with it. */
const remedies: Partial<Record<Cause, readonly [kinds: readonly string[], advice: string]>> = {
  'client-not-in-mesh': [
    ['PeerAuthentication'],
    'give the caller a sidecar (meshctl adopt sidecars); until then set this to PERMISSIVE for the port',
  ],
  'destination-rule-disables-tls': [
    ['DestinationRule'],
    'take tls out of it, or set its mode to ISTIO_MUTUAL',
  ],
  'destination-rule-plain-tls-to-strict': [['DestinationRule'], 'set its tls mode to ISTIO_MUTUAL'],
  'destination-rule-plain-tls-to-http-port': [['DestinationRule'], 'set its tls mode to ISTIO_MUTUAL'],
  'app-tls-to-http-port': [
    ['VirtualService', 'Service'],
    'send TLS to a port that is declared https or tls, wherever the container port is declared',
  ],
  'destination-rule-mutual-to-server-without-sidecar': [
    ['DestinationRule'],
    'take tls out of it, or give the server a sidecar',
  ],
  'destination-rule-mutual-to-disabled': [
    ['DestinationRule', 'PeerAuthentication'],
    'take tls out of the rule, or set the policy to PERMISSIVE',
  ],
  'credential-name-ignored': [['DestinationRule'], 'name certificate files in place of credentialName'],
  'namespace-disable-hint': [['PeerAuthentication'], 'set DISABLE to PERMISSIVE'],
  'headless-mixed-injection': [[], 'give every pod behind the headless service a sidecar'],
  'client-port-excluded': [[], "take the port out of the annotation on the caller's pods"],
  'excluded-port-gets-mtls': [[], "take the port out of the annotation on the server's pods"],
  'service-hidden-by-sidecar': [['Sidecar'], 'import the service under egress.hosts'],
  'service-not-exported': [['Service', 'ServiceEntry'], "export it to the caller's namespace"],
  'subset-unknown': [
    ['VirtualService', 'DestinationRule'],
    'define the subset in the rule, or route elsewhere',
  ],
  'no-route': [['VirtualService'], 'add a route without a match, at the end'],
  'authorization-denies': [['AuthorizationPolicy'], 'allow the caller in it'],
}

/** For a failing call: the object to change, with its place, and how. Null where the call works or no remedy is known. */
export function mending({outcome, decidedBy}: EdgeAnswer): string | null {
  if ((outcome.result !== 'fails' && outcome.result !== 'mixed') || outcome.cause === null) return null
  const remedy = remedies[outcome.cause]
  if (remedy === undefined) return null
  const [kinds, advice] = remedy
  const fact = decidedBy.find(({object}) => object !== null && kinds.includes(object.kind))
  if (fact?.object == null) return advice
  const place = factText({...fact, text: ''})
    .trim()
    .replace(/^\(|\)$/g, '')
  return `${place}: ${advice}`
}
