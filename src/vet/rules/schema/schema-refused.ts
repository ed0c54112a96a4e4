import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'schema-refused',
  area: 'schema',
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
  why: 'What the CRD allows istiod may still refuse: its admission webhook looks at how fields stand to each other. The object is not taken, and what is in force stays as it was.',
  fix: 'Correct the object as said.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'other')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
