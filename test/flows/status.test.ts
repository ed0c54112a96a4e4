import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {status} from '../../src/flows/status.ts'
import {statusText} from '../../src/render/status.ts'
import {plain} from '../../src/terminal/style.ts'
import {bookinfo} from './bookinfo.ts'

const result = status(await bookinfo())

describe('status', () => {
  it('folds cells to counts that add up', () => {
    for (const fold of result.folds.filter(({kind}) => kind === 'mesh')) {
      const cells = result.cells.filter(
        ({capability, stage}) => capability === fold.capability && stage === fold.stage,
      )
      const total = Object.values(fold.counts).reduce((sum, count) => sum + count, 0)
      assert.equal(total, cells.length, `${fold.capability} ${fold.stage}`)
    }
  })

  it('shows a service the sidecars of the workloads behind it', () => {
    const reviews = result.folds.find(({name, capability}) => name === 'reviews' && capability === 'sidecars')
    assert.equal(reviews?.counts.done, 3)
  })

  it('has a row of its own for a workload behind no service', () => {
    const alone = result.folds.filter(({kind}) => kind === 'workload').map(({name}) => name)
    assert.deepEqual([...new Set(alone)], ['export-mirror'])
  })

  it('ends with the next step, why, and the command for it', () => {
    const text = statusText(result, plain)
    assert.match(
      text,
      /Next, the safest step\n {2}mtls walk for bookinfo\/\w+: [^]+\n {4}meshctl adopt mtls --stage walk --target bookinfo\/\w+ --from \S+\n$/,
    )
  })

  it('of a namespace shows its rows only', async () => {
    const {folds} = status(await bookinfo({namespace: ['batch']}))
    assert.deepEqual([...new Set(folds.map(({namespace}) => namespace))], ['batch'])
  })

  it('folds many services to their namespaces', () => {
    const many = Array.from({length: 80}, (_, index) => ({
      ...result.folds[0],
      kind: 'service' as const,
      namespace: 'big',
      name: `s${index}`,
    }))
    const folds = [...result.folds.filter(({kind}) => kind === 'mesh'), ...many] as typeof result.folds
    const text = statusText({...result, folds}, plain)
    assert.match(text, /80 services and workloads are folded/)
    assert.doesNotMatch(text, /s41/)
  })
})
