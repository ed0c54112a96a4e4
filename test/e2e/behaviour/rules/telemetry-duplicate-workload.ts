import {defineBehaviour} from '../behaviour.ts'
import {spansComeTo, telemetry} from '../spans.ts'

const toCart = telemetry('a', '{providers: [{name: spans-to-cart}], randomSamplingPercentage: 100}')
const toStock = telemetry('b', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}')

/** Of two for a workload the younger one overrides the older, whose provider gets nothing. */
export default defineBehaviour<boolean>({
  rule: 'telemetry-duplicate-workload',
  bad: toCart + toStock,
  fixed: toCart,
  observe: stage => spansComeTo('cart', stage),
  misbehaves: false,
  behaves: true,
})
