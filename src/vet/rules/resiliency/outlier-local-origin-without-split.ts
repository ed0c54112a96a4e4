import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'outlier-local-origin-without-split',
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
  why: 'Failures to connect are counted apart only where splitExternalLocalOriginErrors says so. Without it istiod refuses the rule.',
  fix: 'Set splitExternalLocalOriginErrors: true, or remove the threshold.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'outlier-split')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
