import {defineBehaviour} from '../behaviour.ts'
import {spansComeTo, telemetry} from '../spans.ts'

/** The second provider gets nothing. */
export default defineBehaviour<boolean>({
  rule: 'telemetry-multiple-tracing',
  bad: telemetry(
    'web',
    '{providers: [{name: spans-to-cart}, {name: spans-to-stock}], randomSamplingPercentage: 100}',
  ),
  fixed: telemetry('web', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}'),
  observe: stage => spansComeTo('stock', stage),
  misbehaves: false,
  behaves: true,
})
