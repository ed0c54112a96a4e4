import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-on-invalid',
  area: 'resiliency',
  severity: 'error',
  istio: '>=1.22.0',
  inputs: validatedKinds,
  needs: 'offline',
  params: {},
  equivalents: ['IST0106'],
  formerIds: [],
  messages: {
    refused: '{field} {problem}: istiod refuses the {kind}.',
  },
  why: 'istiod refuses a VirtualService with a condition for retries that it does not know, and a space after a comma makes one unknown.',
  fix: 'Write conditions of Envoy or gRPC, or status codes, with commas and no spaces between.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'retry-on')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
