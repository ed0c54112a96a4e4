import assert from 'node:assert/strict'
import {test} from 'node:test'
import {readCases} from '../e2e/behaviour/cases.ts'
import {findingsOf} from '../e2e/behaviour/vet.ts'

// That the bad objects do harm, and the others none, is shown on a real mesh by test/e2e/rule-behaviour.test.ts.
for (const behaviour of await readCases()) {
  test(`${behaviour.rule}: reports the objects that misbehave on a real mesh, and not the repaired ones`, () => {
    assert.notDeepEqual(findingsOf(behaviour, behaviour.bad), [], 'the bad objects')
    assert.deepEqual(
      findingsOf(behaviour, behaviour.fixed).map(({message}) => message),
      [],
      'the repaired objects',
    )
  })
}
