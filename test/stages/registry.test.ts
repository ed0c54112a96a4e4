import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import {MeshctlError} from '../../src/cli/error.ts'
import {stages} from '../../src/stages/registry.ts'
import {capabilities, stageNames} from '../../src/stages/stage.ts'
import type {Answer} from '../../src/stages/stage.ts'

const cells = capabilities.flatMap(capability => stageNames.map(name => stages[capability][name]))
const duration = fc
  .tuple(fc.integer({min: 1, max: 100_000}), fc.constantFrom('ms', 's', 'm', 'h'))
  .map(([amount, unit]) => `${amount}${unit}`)

/** Values that an answer can take, by what its default is. */
function valuesOf(answer: Answer<unknown>): fc.Arbitrary<unknown> {
  if (typeof answer.default === 'boolean') return fc.boolean()
  if (answer.options !== undefined) return fc.constantFrom(...answer.options)
  if (answer.flag === 'sampling') return fc.double({min: 0, max: 100, minExcluded: true, noNaN: true})
  if (typeof answer.default === 'number') return fc.integer({min: 1, max: 999_999_999})
  if (/^\d/.test(String(answer.default))) return duration
  return fc.stringMatching(/^[\w.-]{0,60}$/)
}

for (const cell of cells) {
  const name = `${cell.capability} ${cell.stage}`

  test(`${name} is where its name says, and every answer is kept under its flag`, () => {
    assert.equal(stages[cell.capability][cell.stage], cell)
    for (const [key, answer] of Object.entries(cell.answers)) assert.equal(key, answer.flag)
  })

  test(`${name}: what is formatted reads back the same`, () => {
    for (const answer of Object.values(cell.answers)) {
      assert.deepEqual(answer.parse(answer.format(answer.default)), answer.default)
      fc.assert(
        fc.property(valuesOf(answer), value => assert.deepEqual(answer.parse(answer.format(value)), value)),
      )
    }
  })

  test(`${name}: a value that does not do is refused with the flag and something to try`, () => {
    for (const answer of Object.values(cell.answers)) {
      assert.throws(
        () => answer.parse('no such value!'),
        (error: unknown) =>
          error instanceof MeshctlError &&
          error.message.includes(`--${answer.flag}`) &&
          error.details.try.length > 0,
      )
    }
  })
}

test('the walk cells and mtls run can be planned, each other one says in a sentence why not', () => {
  for (const {capability, stage, notPlannable} of cells) {
    if (stage === 'walk' || `${capability} ${stage}` === 'mtls run') assert.equal(notPlannable, null)
    else assert.match(notPlannable ?? '', /^\S.{20,}/)
  }
})

test('a flag means the same in every stage that asks it', () => {
  const asked = new Map<string, string>()
  for (const cell of cells) {
    for (const answer of Object.values(cell.answers)) {
      assert.equal(asked.get(answer.flag) ?? answer.ask, answer.ask)
      asked.set(answer.flag, answer.ask)
    }
  }
})
