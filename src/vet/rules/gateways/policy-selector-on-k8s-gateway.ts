import {policySelector} from '../../../mesh/selectors.ts'
import {fact} from '../../../mesh/fact.ts'
import {record} from '../../../objects/json.ts'
import {attached} from '../../reading/authorizations.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

const gatewayLabel = 'gateway.networking.k8s.io/gateway-name'
const kinds = ['AuthorizationPolicy', 'RequestAuthentication', 'Telemetry', 'WasmPlugin'] as const

export default defineRule({
  id: 'policy-selector-on-k8s-gateway',
  area: 'gateways',
  severity: 'warning',
  istio: '>=1.22.0',
  inputs: [...kinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0166'],
  formerIds: [],
  messages: {
    selector:
      'The selector leads to pods of Gateway {gateway} of the Gateway API, for which policies attach by targetRefs: it is ignored there.',
  },
  why: 'For the proxies of a Gateway of the Gateway API Istio reads policies that name the Gateway. One that selects their pods by labels protects nothing.',
  fix: 'Replace the selector by targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: …}].',
  check(mesh, report) {
    for (const kind of kinds) {
      for (const object of mesh.objects(kind)) {
        if (!/^(security|telemetry|extensions)\.istio\.io\//.test(object.id.apiVersion) || attached(object))
          continue
        const selector = policySelector(record(object.value['spec'])['selector'])
        if (selector === null) continue
        const gateway = mesh
          .selected(selector, object.id.namespace)
          .find(({labels}) => labels[gatewayLabel] !== undefined)
        const name = gateway?.labels[gatewayLabel] ?? selector[gatewayLabel]
        if (name === undefined) continue
        report({
          messageId: 'selector',
          data: {gateway: name},
          object,
          path: ['spec', 'selector'],
          related:
            gateway === undefined
              ? []
              : [
                  fact(`${gateway.kind} ${nameOf(gateway)}`, gateway.object, [
                    ...gateway.templatePath,
                    'metadata',
                    'labels',
                  ]),
                ],
        })
      }
    }
  },
})
