import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'authz-schema',
  area: 'authorization',
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
  why: 'istiod refuses a policy that could never act, or whose rules are empty where something must stand. What was to be protected stays open.',
  fix: 'Correct the policy as said; rules: [{}] is for every request.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'authorization')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
