import assert from 'node:assert/strict'
import {test} from 'node:test'
import {run, service, serviceRule} from './make.ts'

const prints = (text: string, report: Parameters<typeof serviceRule>[1] = {}): readonly string[] =>
  run(text, {rules: [serviceRule({}, report)]}).findings.map(({fingerprint}) => fingerprint)

test('moved lines and a bumped version keep the fingerprint', () => {
  const [before] = prints(service('orders'))
  assert.deepEqual(prints(`# a comment\n\n${service('orders')}`), [before])
  assert.deepEqual(prints(service('first') + service('orders'))[1], before)
})

test('an item above shifts no fingerprint where items have names', () => {
  const path = (index: number): {path: (string | number)[]} => ({path: ['spec', 'ports', index, 'port']})
  const two = service('orders').replace(
    '    - name: http\n',
    '    - name: admin\n      port: 81\n    - name: http\n',
  )
  assert.deepEqual(prints(two, path(1)), prints(service('orders'), path(0)))
})

test('another object, message or fact is another finding', () => {
  const all = [
    ...prints(service('orders')),
    ...prints(service('cart')),
    ...prints(service('orders'), {messageId: 'other'}),
    ...prints(service('orders'), {data: {name: 'x'}}),
    ...prints(service('orders'), {path: ['metadata']}),
  ]
  assert.equal(new Set(all).size, all.length)
})

test('data that a rule does not count as identity change nothing', () => {
  assert.deepEqual(
    prints(service('orders'), {data: {n: 1}, identity: []}),
    prints(service('orders'), {data: {n: 2}, identity: []}),
  )
})

test('two copies of an object are told apart', () => {
  const [first, second] = prints(service('orders') + service('orders'))
  assert.equal(second, `${first}-2`)
})
