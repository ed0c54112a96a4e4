import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {readLedger} from '../../src/changes/file-ledger.ts'
import {planStep} from '../../src/changes/plan-step.ts'
import {writeFiles} from '../../src/changes/write.ts'
import {create, setOf, strict, treeOf, workspace} from './workspace.ts'

test('a step writes its files and its entry together; the same step again writes and records nothing', async t => {
  const dir = join(workspace(t), 'out')
  const one = setOf(create(strict('shop', 'first')))
  const set = {...one, phases: [...one.phases, ...setOf(create(strict('shop', 'second'))).phases]}
  const step = {
    time: new Date('2026-11-24T02:45:12Z'),
    who: 'ann',
    capability: 'mtls',
    stage: 'walk',
    command: 'meshctl adopt',
    set,
  }
  const plan = await planStep({...step, phase: 0}, {dir, from: []})
  writeFiles(plan.files)
  assert.deepEqual(Object.keys(treeOf(dir)), [
    `.meshctl/ledger/${plan.entry?.id}.ledger`,
    'shop/peerauthentication-first.yaml',
  ])
  const before = treeOf(dir)
  const again = await planStep({...step, phase: 0}, {dir, from: []})
  assert.deepEqual(
    [again.files, again.entry, again.unchanged],
    [[], null, [join(dir, 'shop/peerauthentication-first.yaml')]],
  )
  assert.deepEqual(treeOf(dir), before)
  const next = await planStep({...step, phase: 1}, {dir, from: []})
  writeFiles(next.files)
  const {entries} = await readLedger(dir)
  assert.deepEqual(
    entries.map(({id, phase}) => [id, phase.index, phase.of]),
    [
      [plan.entry?.id, 0, 2],
      [next.entry?.id, 1, 2],
    ],
  )
  assert.deepEqual((await planStep({...step, phase: 2}, {dir, from: []})).files, [])
})
