import {gatewayRefs} from '../../reading/gateway-refs.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-internal-gateway-ref',
  area: 'routing',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0165'],
  formerIds: [],
  messages: {
    internal: '{gateway} is a Gateway that istiod makes for itself; its name may change with any version.',
  },
  why: 'For every listener of a Gateway of the Gateway API istiod keeps a Gateway that exists only in its memory. To bind a VirtualService to it is not supported and breaks with an upgrade.',
  fix: 'Use an HTTPRoute for the Gateway of the Gateway API, or a Gateway of networking.istio.io.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {written, path, internal} of gatewayRefs(virtualService))
        if (internal) report({messageId: 'internal', data: {gateway: written}, object: virtualService, path})
    }
  },
})
