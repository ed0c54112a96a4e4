import {fact} from '../../../mesh/fact.ts'
import {detects, ejectable, readOutlierDetection} from '../../../mesh/outliers.ts'
import {number, record} from '../../../objects/json.ts'
import {policyBlocks, ruleHost} from '../../reading/destination-rules.ts'
import {countEndpoints, selectedBy} from '../../reading/endpoint-counts.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'

export default defineRule({
  id: 'outlier-ejects-everything',
  area: 'resiliency',
  severity: 'warning',
  istio: '>=1.20.0',
  inputs: ['DestinationRule', 'Service', 'HorizontalPodAutoscaler'],
  needs: 'offline',
  params: {most: 2},
  equivalents: [],
  formerIds: [],
  messages: {
    all: 'All {endpoints} of {service} can be ejected at once, and then every request ends in 503 UH.',
  },
  why: 'Where outlier detection is set Istio turns the panic mode of Envoy off, which would use ejected endpoints before none at all. With maxEjectionPercent 100 and one or two endpoints a few errors take the service away.',
  fix: 'Leave one endpoint: a maxEjectionPercent below 100, or minHealthPercent, or more replicas.',
  check(mesh, report, params) {
    const most = typeof params['most'] === 'number' ? params['most'] : 2
    for (const rule of mesh.objects('DestinationRule')) {
      const service = mesh.host(ruleHost(rule), rule.id.namespace)
      if (service === null || service.kind !== 'Service') continue
      for (const block of policyBlocks(rule)) {
        const written = record(block.value['outlierDetection'])
        const detection = readOutlierDetection(block.value['outlierDetection'])
        if (detection === null || !detects(detection) || (number(written['minHealthPercent']) ?? 0) > 0)
          continue
        const endpoints = countEndpoints(mesh, service, rule, block)
        if (endpoints === null || endpoints > most) continue
        if (ejectable(endpoints, detection.maxEjectionPercent) < endpoints) continue
        report({
          messageId: 'all',
          data: {
            endpoints: endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`,
            service: nameOf(service),
          },
          identity: [],
          object: rule,
          path: [...block.path, 'outlierDetection', 'maxEjectionPercent'],
          evidence: selectedBy(mesh, service, rule, block).map(one =>
            fact(`${one.kind} ${nameOf(one)}: ${one.replicas ?? 0} replicas`, one.object, [
              'spec',
              'replicas',
            ]),
          ),
        })
      }
    }
  },
})
