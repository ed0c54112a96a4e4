import {defineBehaviour} from '../behaviour.ts'
import {spansComeTo, telemetry} from '../spans.ts'

const toCart = telemetry('a', '{providers: [{name: spans-to-cart}], randomSamplingPercentage: 100}', '')
const toStock = telemetry('b', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}', '')

/** Of two for a namespace the older one counts, and the other one's provider gets nothing. */
export default defineBehaviour<boolean>({
  rule: 'telemetry-duplicate-namespace',
  bad: toCart + toStock,
  fixed: toStock,
  observe: stage => spansComeTo('stock', stage),
  misbehaves: false,
  behaves: true,
})
