import {setting} from '../../edits.ts'
import {gatewayRefs} from '../../reading/gateway-refs.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-gateway-name-legacy',
  area: 'routing',
  severity: 'info',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133', 'KIA1108'],
  formerIds: [],
  messages: {
    legacy: '{gateway} is the old way to name a Gateway; today it is {today}.',
  },
  why: 'The form of a host name for a Gateway is deprecated, and everybody who reads it looks for a Service.',
  fix: 'Write the Gateway as namespace/name.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {written, key, path, internal} of gatewayRefs(virtualService)) {
        if (internal || written.includes('/') || !written.includes('.')) continue
        report({
          messageId: 'legacy',
          data: {gateway: written, today: key},
          object: virtualService,
          path,
          fix: {
            kind: 'safe',
            description: `Write ${key}.`,
            changes: [setting(virtualService, path, key, 'the old form is deprecated')],
          },
        })
      }
    }
  },
})
