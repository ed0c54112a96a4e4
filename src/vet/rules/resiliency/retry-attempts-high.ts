import {httpRoutesOf} from '../../../mesh/http-routes.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-attempts-high',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {most: 5},
  equivalents: [],
  formerIds: [],
  messages: {
    high: 'attempts: {attempts} sends up to {tries} requests for each one, just when the server is in trouble.',
  },
  why: 'A server that fails because it is overloaded gets the whole load again for every retry. Two or three find the transient error; more keep a server down.',
  fix: 'Lower attempts to 2 or 3.',
  check(mesh, report, params) {
    const most = typeof params['most'] === 'number' ? params['most'] : 5
    for (const virtualService of mesh.objects('VirtualService')) {
      for (const route of httpRoutesOf(mesh, virtualService)) {
        const attempts = route.retries?.attempts ?? 0
        if (attempts <= most) continue
        report({
          messageId: 'high',
          data: {attempts, tries: attempts + 1},
          identity: [],
          object: route.object,
          path: [...route.path, 'retries', 'attempts'],
        })
      }
    }
  },
})
