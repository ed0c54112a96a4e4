import {defineBehaviour} from '../behaviour.ts'
import {telemetry} from '../spans.ts'
import {echoOf} from '../stage.ts'

/** Every single request is traced; with one per cent, hardly any. */
export default defineBehaviour<boolean>({
  rule: 'tracing-sampling-full',
  bad: telemetry('web', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 100}'),
  fixed: telemetry('web', '{providers: [{name: spans-to-stock}], randomSamplingPercentage: 1}'),
  observe: async stage => {
    const answers = await stage.askInTurn('web', 20, 'http://orders/')
    return answers.every(answer => echoOf(answer)?.headers['x-b3-sampled'] === '1')
  },
  misbehaves: true,
  behaves: false,
})
