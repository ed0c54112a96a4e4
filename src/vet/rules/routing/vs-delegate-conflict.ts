import {fact} from '../../../mesh/fact.ts'
import {droppedRoutesOf} from '../../../mesh/http-routes.ts'
import {nameOf} from '../../reading/names.ts'
import {virtualServicesOf} from '../../reading/virtual-services.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'vs-delegate-conflict',
  area: 'routing',
  severity: 'error',
  istio: '>=1.8.0',
  inputs: ['VirtualService'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    conflicts: 'This route is dropped: it matches what {root} does not delegate to it.',
  },
  why: "A delegate's route must match a part of what the root's route matches. One that contradicts it (another prefix, method, port or gateway) is left out without a word.",
  fix: "Make the route's match narrower than the match of the root's route, or leave it out.",
  check(mesh, report) {
    for (const virtualService of virtualServicesOf(mesh)) {
      for (const {problem, object, path} of droppedRoutesOf(mesh, virtualService)) {
        if (problem !== 'delegate-conflicts') continue
        report({
          messageId: 'conflicts',
          data: {root: nameOf(virtualService.id)},
          object,
          path,
          related: [fact('the root', virtualService, ['spec', 'http'])],
        })
      }
    }
  },
})
