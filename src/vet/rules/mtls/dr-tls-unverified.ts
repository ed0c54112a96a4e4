import {record} from '../../../objects/json.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-tls-unverified',
  area: 'mtls',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unverified: 'The certificate of {host} is not verified: anybody in between can answer in its name.',
  },
  why: 'insecureSkipVerify turns off the one check that TLS is for; the connection is encrypted to whoever answers.',
  fix: 'Remove insecureSkipVerify, and set caCertificates where the server has a private CA.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const {value, path} of policyBlocks(rule)) {
        const tls = record(value['tls'])
        if (tls['insecureSkipVerify'] !== true || (tls['mode'] !== 'SIMPLE' && tls['mode'] !== 'MUTUAL'))
          continue
        report({
          messageId: 'unverified',
          data: {host: ruleHost(rule)},
          identity: [],
          object: rule,
          path: [...path, 'tls', 'insecureSkipVerify'],
        })
      }
    }
  },
})
