import {fact} from '../../../mesh/fact.ts'
import {canEject, detects, percentToEject, readOutlierDetection} from '../../../mesh/outliers.ts'
import {number, record} from '../../../objects/json.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {countEndpoints, selectedBy} from '../../reading/endpoint-counts.ts'
import {nameOf} from '../../reading/names.ts'
import {setting} from '../../edits.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'outlier-never-ejects',
  area: 'resiliency',
  severity: 'warning',
  istio: '>=1.20.0',
  inputs: ['DestinationRule', 'Service', 'HorizontalPodAutoscaler'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    never:
      'Nothing is ever ejected: {percent} % of the {endpoints} endpoints of {service} is less than one{unset}.',
    single:
      '{service} has one endpoint, so this outlier detection ejects nothing and has nowhere to send requests instead.',
  },
  why: 'Envoy ejects an endpoint only while the ejected share, not rounded, stays within maxEjectionPercent: of 3 endpoints one is 33.3 per cent, so 33 eject none and 34 one. The default is 10: with fewer than 10 endpoints not even the first may go. Istio never sets always_eject_one_host.',
  fix: 'Set maxEjectionPercent high enough for one endpoint: 100 divided by the number of endpoints, rounded up.',
  check(mesh, report) {
    for (const rule of mesh.objects('DestinationRule')) {
      const service = mesh.host(ruleHost(rule), rule.id.namespace)
      if (service === null || service.kind !== 'Service') continue
      for (const block of policyBlocks(rule)) {
        const detection = readOutlierDetection(block.value['outlierDetection'])
        if (detection === null || !detects(detection)) continue
        const endpoints = countEndpoints(mesh, service, rule, block)
        if (endpoints === null || canEject(endpoints, detection.maxEjectionPercent)) continue
        const single = endpoints === 1
        const path = [...block.path, 'outlierDetection']
        const unset = number(record(block.value['outlierDetection'])['maxEjectionPercent']) === undefined
        const percent = percentToEject(1, endpoints)
        report({
          messageId: single ? 'single' : 'never',
          data: {
            percent: detection.maxEjectionPercent,
            endpoints,
            service: nameOf(service),
            unset: unset ? ', and 10 is the default' : '',
          },
          identity: [],
          object: rule,
          path: unset ? path : [...path, 'maxEjectionPercent'],
          ...(single ? {severity: 'info' as const} : {}),
          evidence: selectedBy(mesh, service, rule, block).map(one =>
            fact(`${one.kind} ${nameOf(one)}: ${one.replicas ?? 0} replicas`, one.object, [
              'spec',
              'replicas',
            ]),
          ),
          ...(single
            ? {}
            : {
                fix: {
                  kind: 'unsafe' as const,
                  description: `Set maxEjectionPercent to ${percent}.`,
                  changes: [
                    setting(rule, [...path, 'maxEjectionPercent'], percent, 'one endpoint can be ejected'),
                  ],
                },
              }),
        })
      }
    }
  },
})
