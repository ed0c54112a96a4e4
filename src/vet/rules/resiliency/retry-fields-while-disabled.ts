import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'retry-fields-while-disabled',
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
  why: 'attempts: 0 switches retries off. istiod refuses other settings beside it, since they would never be in force.',
  fix: 'Remove the other fields, or set attempts to how often it may be tried again.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'retry-disabled')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
