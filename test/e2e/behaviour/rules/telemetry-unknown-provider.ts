import {defineBehaviour} from '../behaviour.ts'
import {spansComeTo, telemetry} from '../spans.ts'

/** A provider that the mesh config does not declare gets no spans, and nobody else does. */
export default defineBehaviour<boolean>({
  rule: 'telemetry-unknown-provider',
  bad: telemetry('web', '{providers: [{name: spans-to-stok}], randomSamplingPercentage: 100}'),
  fixed: telemetry('web', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}'),
  observe: stage => spansComeTo('stock', stage),
  misbehaves: false,
  behaves: true,
})
