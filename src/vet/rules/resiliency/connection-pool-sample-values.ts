import {number, record} from '../../../objects/json.ts'
import type {Path} from '../../../objects/object.ts'
import {matchesGlob} from '../../glob.ts'
import {policyBlocks} from '../../reading/destination-rules.ts'
import {defineRule} from '../../rule.ts'

const limits: readonly (readonly [field: Path, effect: string])[] = [
  [['tcp', 'maxConnections'], 'a second connection waits or ends in 503 UO'],
  [['http', 'http1MaxPendingRequests'], 'a second request that waits ends in 503 UO'],
  [['http', 'http2MaxRequests'], 'a second request at a time ends in 503 UO'],
  [['http', 'maxRequestsPerConnection'], 'every request opens a connection of its own'],
]

export default defineRule({
  id: 'connection-pool-sample-values',
  area: 'resiliency',
  severity: 'warning',
  istio: '*',
  inputs: ['DestinationRule'],
  needs: 'offline',
  params: {testNamespaces: ['test', 'test-*', '*-test', 'dev', 'dev-*', '*-dev', 'sandbox', 'sandbox-*']},
  equivalents: [],
  formerIds: [],
  messages: {
    one: '{field}: 1 is the value of the circuit breaking sample: {effect}.',
  },
  why: "The task in Istio's documentation sets these limits to 1 to trip them on purpose. Copied into a real mesh they reject traffic as soon as two requests come at once.",
  fix: 'Remove the limit, or set it from what the service can bear.',
  check(mesh, report, params) {
    const tests = Array.isArray(params['testNamespaces'])
      ? (params['testNamespaces'] as readonly string[])
      : []
    for (const rule of mesh.objects('DestinationRule')) {
      if (tests.some(pattern => matchesGlob(pattern, rule.id.namespace))) continue
      for (const {value, path} of policyBlocks(rule)) {
        const pool = record(value['connectionPool'])
        for (const [field, effect] of limits) {
          const [group = '', name = ''] = field.map(String)
          if (number(record(pool[group])[name]) !== 1) continue
          report({
            messageId: 'one',
            data: {field: name, effect},
            identity: ['field'],
            object: rule,
            path: [...path, 'connectionPool', ...field],
          })
        }
      }
    }
  },
})
