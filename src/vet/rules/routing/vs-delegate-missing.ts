import {droppedRoutesOf} from '../../../mesh/http-routes.ts'
import {absence} from '../../reading/references.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-delegate-missing',
  area: 'routing',
  severity: 'error',
  istio: '>=1.8.0',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    missing: 'No VirtualService without hosts is called {delegate}, so this route is dropped.',
    notExported: 'The delegate {delegate} is not exported to this namespace, so this route is dropped.',
  },
  why: 'istiod silently leaves out a route whose delegate it cannot use: requests fall through to a later route, or end in 404.',
  fix: 'Name an existing VirtualService without hosts, and export it to the namespace of this one.',
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {problem, delegate, object, path} of droppedRoutesOf(mesh, virtualService)) {
        if (problem === 'delegate-conflicts') continue
        const missing = problem === 'delegate-missing'
        report({
          messageId: missing ? 'missing' : 'notExported',
          data: {delegate},
          object,
          path,
          ...(missing ? {certainty: absence(mesh, ['VirtualService'])} : {}),
        })
      }
    }
  },
})
