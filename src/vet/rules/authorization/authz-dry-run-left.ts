import {record} from '../../../objects/json.ts'
import {authorizations} from '../../reading/authorizations.ts'
import {defineRule} from '../../rule.ts'

const annotation = 'istio.io/dry-run'

export default defineRule({
  id: 'authz-dry-run-left',
  area: 'authorization',
  severity: 'info',
  istio: '>=1.10.0',
  inputs: ['AuthorizationPolicy'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    dryRun: 'This policy decides nothing: by its annotation it is only tried, and its decisions are logged.',
  },
  why: 'A dry run is how a policy is tried on real traffic. Left in, it looks like protection and is none.',
  fix: 'Remove the annotation once the logs show what was expected.',
  check(mesh, report) {
    for (const {object} of authorizations(mesh)) {
      const value = record(record(object.value['metadata'])['annotations'])[annotation]
      if (value !== 'true') continue
      report({messageId: 'dryRun', object, path: ['metadata', 'annotations', annotation]})
    }
  },
})
