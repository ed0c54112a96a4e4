import {formatPath} from '../../../objects/json.ts'
import {refusals, validatedKinds} from '../../reading/validation/refusals.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'dr-mutual-cert-missing',
  area: 'mtls',
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
  why: 'MUTUAL presents a certificate of your own, by files or by a Secret and not by both. istiod refuses a rule that says neither, or both.',
  fix: 'Give clientCertificate and privateKey, or credentialName alone; for certificates of the mesh write ISTIO_MUTUAL.',
  check(mesh, report) {
    for (const {object, path, problem} of refusals(mesh, 'client-certificate')) {
      report({
        messageId: 'refused',
        data: {field: formatPath(path), problem: problem.replace(/[{}]/g, ''), kind: object.id.kind},
        object,
        path,
      })
    }
  },
})
