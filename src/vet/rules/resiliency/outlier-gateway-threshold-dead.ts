import {detects, readOutlierDetection} from '../../../mesh/outliers.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'outlier-gateway-threshold-dead',
  area: 'resiliency',
  severity: 'info',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    dead: 'consecutiveGatewayErrors: {gateway} never decides: {errors} consecutive errors of any kind eject before{unset}.',
  },
  why: 'A gateway error (502, 503, 504) is counted as a 5xx error as well, so a threshold for gateway errors counts only below that for 5xx errors. The API says so of both fields.',
  fix: 'Set consecutive5xxErrors to 0 to eject on gateway errors only, or the threshold for gateway errors lower.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const block of policyBlocks(rule)) {
        const detection = readOutlierDetection(block.value['outlierDetection'])
        if (detection === null || !detects(detection)) continue
        const {consecutiveGatewayErrors: gateway, consecutive5xxErrors: errors} = detection
        if (gateway === 0 || errors === 0 || gateway < errors) continue
        const path = [...block.path, 'outlierDetection']
        const unset = !JSON.stringify(block.value['outlierDetection']).includes('"consecutive5xxErrors"')
        report({
          messageId: 'dead',
          data: {gateway, errors, unset: unset ? ', for 5 is the default' : ''},
          identity: [],
          object: rule,
          path: [...path, 'consecutiveGatewayErrors'],
        })
      }
    }
  },
})
