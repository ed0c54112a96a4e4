import {entries, isRecord, record, text} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mc-external-cp-url',
  area: 'multicluster',
  severity: 'warning',
  istio: '*',
  inputs: ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0163', 'IST0164'],
  formerIds: [],
  messages: {
    blank: 'Webhook {hook} has neither a url nor a service: the API server has nowhere to call.',
    invalid: 'Webhook {hook} has a url that cannot be read: {url}.',
    address:
      'Webhook {hook} calls an IP address, {url}: a control plane outside the cluster is reached by its name.',
  },
  why: 'The API server calls the webhooks of istiod for each pod and each object of Istio. Where the url leads nowhere, no pod starts; behind a bare address its certificate seldom holds.',
  fix: 'Write the https url of the external istiod, with its host name, or the service that it has in the cluster.',
  check(mesh, report) {
    for (const [kind, prefixes] of webhooksOfIstio) {
      for (const object of mesh.objects(kind)) {
        if (!prefixes.some(prefix => object.id.name.startsWith(prefix))) continue
        for (const [index, webhook] of entries(object.value['webhooks'])) {
          const config = record(webhook['clientConfig'])
          const wrong = faultOf(config['url'], isRecord(config['service']))
          if (wrong === null) continue
          report({
            messageId: wrong,
            data: {hook: text(webhook['name']) ?? '', url: text(config['url']) ?? ''},
            identity: ['hook'],
            object,
            path: ['webhooks', index, 'clientConfig', 'url'],
            ...(wrong === 'address' ? {severity: 'info' as const} : {}),
          })
        }
      }
    }
  },
})

/** By their names in Istio's charts (istio manifests/charts/istio-discovery/templates). */
const webhooksOfIstio = [
  ['MutatingWebhookConfiguration', ['istio-sidecar-injector']],
  ['ValidatingWebhookConfiguration', ['istio-validator', 'istiod-default-validator']],
] as const

function faultOf(url: unknown, hasService: boolean): 'blank' | 'invalid' | 'address' | null {
  if (typeof url !== 'string' || url.trim() === '') return hasService ? null : 'blank'
  if (!URL.canParse(url)) return 'invalid'
  const {hostname} = new URL(url)
  // The URL parser has put every spelling of an address into one of these two.
  return /^\[.*\]$|^\d+(\.\d+){3}$/.test(hostname) ? 'address' : null
}
