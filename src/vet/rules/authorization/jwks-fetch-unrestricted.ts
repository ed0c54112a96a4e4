import {record, textMap} from '../../../objects/json.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

const setting = 'BLOCKED_CIDRS_IN_JWKS_URIS'

export default defineRule({
  id: 'jwks-fetch-unrestricted',
  area: 'authorization',
  severity: 'warning',
  istio: '>=1.30.0',
  inputs: ['RequestAuthentication'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0175'],
  formerIds: [],
  messages: {
    unrestricted:
      'istiod fetches the keys of {policies} from any address that is written there: it has no BLOCKED_CIDRS_IN_JWKS_URIS.',
  },
  why: 'Whoever may write a RequestAuthentication can make istiod call addresses inside the cluster or of the cloud’s metadata service by its jwksUri.',
  fix: 'Set BLOCKED_CIDRS_IN_JWKS_URIS of istiod to the internal ranges, the metadata address among them.',
  check(mesh, report) {
    const policies = mesh
      .objects('RequestAuthentication')
      .filter(({id}) => id.apiVersion.startsWith('security.istio.io/'))
    if (policies.length === 0) return
    for (const {object, kind, containers, templatePath} of mesh.workloads) {
      const labels = textMap(record(object.value['metadata'])['labels'])
      if (kind !== 'Deployment' || labels['app'] !== 'istiod') continue
      if (containers.some(({env}) => env.some(({name, value}) => name === setting && value !== ''))) continue
      report({
        messageId: 'unrestricted',
        data: {policies: listed(policies.map(({id}) => nameOf(id)))},
        identity: [],
        object,
        path: [...templatePath, 'spec', 'containers'],
      })
    }
  },
})
