import {isRecord} from '../../../objects/json.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {removing, setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'outlier-consecutive-errors-ignored',
  area: 'resiliency',
  severity: 'error',
  istio: '>=1.10.0',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {},
  equivalents: ['IST0133'],
  formerIds: [],
  messages: {
    ignored: 'consecutiveErrors is not read by Istio: the threshold in force is {inForce}.',
  },
  why: 'The old field is still accepted but istiod never looks at it, so outlier detection runs with a threshold that nobody wrote.',
  fix: 'Rename it to consecutive5xxErrors (or consecutiveGatewayErrors for 502, 503 and 504 only).',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      for (const block of policyBlocks(rule)) {
        const detection = block.value['outlierDetection']
        if (!isRecord(detection) || detection['consecutiveErrors'] === undefined) continue
        const path = [...block.path, 'outlierDetection']
        const given = detection['consecutive5xxErrors']
        const cleared = removing(rule, [...path, 'consecutiveErrors'], 'consecutiveErrors is not read')
        const moved =
          given !== undefined || cleared.action !== 'update'
            ? cleared
            : {
                ...setting(
                  {...rule, value: cleared.after},
                  [...path, 'consecutive5xxErrors'],
                  detection['consecutiveErrors'],
                  cleared.reason,
                ),
                before: rule,
              }
        report({
          messageId: 'ignored',
          data: {
            inForce:
              given === undefined
                ? 'the default of 5 consecutive 5xx errors'
                : `consecutive5xxErrors: ${JSON.stringify(given)}`,
          },
          object: rule,
          path: [...path, 'consecutiveErrors'],
          fix: {
            // Nothing in pilot/pkg reads consecutiveErrors: without it all stays as it is.
            kind: given === undefined ? 'unsafe' : 'safe',
            description:
              given === undefined ? 'Rename the field to consecutive5xxErrors.' : 'Remove the field.',
            changes: [moved],
          },
        })
      }
    }
  },
})
