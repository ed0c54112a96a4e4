import {entries, record, text} from '../../../objects/json.ts'
import {defineRule} from '../../rule.ts'

/** Attributes of which nearly every request has another value. */
const unbounded =
  /request\.(path|url_path|id|query|time)\b|request\.headers\[['"](x-request-id|traceparent|x-b3-\w+|authorization|cookie|user-agent|x-forwarded-for|:path)['"]\]|request\.(useragent|referer)\b|source\.port\b/

export default defineRule({
  id: 'metrics-high-cardinality-tag',
  area: 'telemetry',
  severity: 'warning',
  istio: '>=1.11.0',
  inputs: ['Telemetry'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    unbounded:
      'The tag {tag} takes its value from {attribute}, of which there is no end: each value makes new time series.',
  },
  why: 'Every value of a tag makes time series of its own, in each proxy and in Prometheus. A path with ids in it, or a request id, fills the memory of both.',
  fix: 'Take request.host, request.method or a header with few values, or classify requests first.',
  check(mesh, report) {
    for (const object of mesh.objects('Telemetry')) {
      for (const [index, metrics] of entries(record(object.value['spec'])['metrics'])) {
        for (const [position, override] of entries(metrics['overrides'])) {
          for (const [tag, setting] of Object.entries(record(override['tagOverrides']))) {
            const found = unbounded.exec(text(record(setting)['value']) ?? '')
            if (found === null) continue
            const path = ['spec', 'metrics', index, 'overrides', position, 'tagOverrides', tag, 'value']
            report({messageId: 'unbounded', data: {tag, attribute: found[0]}, object, path})
          }
        }
      }
    }
  },
})
