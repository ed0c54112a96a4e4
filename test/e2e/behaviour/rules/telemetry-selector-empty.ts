import {defineBehaviour} from '../behaviour.ts'
import {spansComeTo, telemetry} from '../spans.ts'

const toStock = '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}'

/** Tracing that selects nobody traces nobody. */
export default defineBehaviour<boolean>({
  rule: 'telemetry-selector-empty',
  bad: telemetry('web', toStock, 'selector: {matchLabels: {app: wbe}}'),
  fixed: telemetry('web', toStock),
  observe: stage => spansComeTo('stock', stage),
  misbehaves: false,
  behaves: true,
})
