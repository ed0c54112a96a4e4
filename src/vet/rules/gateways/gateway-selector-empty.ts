import {gatewaySelector, isIstioGateway} from '../../../mesh/gateways.ts'
import type {Labels} from '../../../mesh/mesh.ts'
import {listed} from '../../reading/names.ts'
import {absence, podKinds} from '../../reading/references.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'gateway-selector-empty',
  area: 'gateways',
  severity: 'warning',
  istio: '*',
  inputs: ['Gateway', ...podKinds],
  needs: 'offline',
  params: {},
  equivalents: ['IST0101', 'KIA0302'],
  formerIds: [],
  messages: {
    nothing: 'No workload has the labels {labels}, so no proxy opens the ports of this Gateway.',
  },
  why: 'A Gateway configures proxies that run already: those with the labels of its selector. Where there are none, nothing listens.',
  fix: 'Correct the selector to the labels of the pods of the ingress or egress gateway.',
  check(mesh, report) {
    const certainty = absence(mesh, podKinds)
    for (const gateway of mesh.objects('Gateway').filter(isIstioGateway)) {
      const selector = gatewaySelector(gateway)
      if (selector === null || mesh.selected(selector, '*').length > 0) continue
      // The gateways of an installation are hardly ever among the manifests of a team.
      if (certainty === 'cannot-verify' && isInstalled(selector)) continue
      const labels = Object.entries(selector).map(([key, value]) => `${key}: ${value}`)
      report({
        messageId: 'nothing',
        data: {labels: listed(labels, 5)},
        object: gateway,
        path: ['spec', 'selector'],
        certainty,
      })
    }
  },
})

/** The labels by which Istio's own charts and profiles call their gateways. */
function isInstalled(selector: Labels): boolean {
  return /^(ingressgateway|egressgateway|eastwestgateway)$/.test(selector['istio'] ?? '')
}
