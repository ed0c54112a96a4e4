import {mixedGateway} from '../../reading/mixed-gateways.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'mixed-gateway-kinds',
  area: 'schema',
  severity: 'error',
  istio: '*',
  inputs: ['Gateway'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    mixed: 'A Gateway of {group} has no {field}: that belongs to a Gateway of {other}.',
  },
  why: 'Istio and the Kubernetes Gateway API both have a kind Gateway, with different fields. Written with the fields of the other one it is refused, or opens no port at all.',
  fix: 'Change apiVersion to the API whose fields are used.',
  check(mesh, report) {
    for (const gateway of mesh.objects('Gateway')) {
      const mixed = mixedGateway(gateway)
      if (mixed === null) continue
      report({
        messageId: 'mixed',
        data: {...mixed, group: gateway.id.apiVersion.split('/')[0] ?? ''},
        object: gateway,
        path: ['spec', mixed.field],
      })
    }
  },
})
