import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {editDocument} from '../../src/changes/edit-document.ts'
import {editJson} from '../../src/changes/edit-json.ts'
import {editYaml} from '../../src/changes/edit-yaml.ts'
import {equalJson} from '../../src/changes/json-equality.ts'
import {applySplices} from '../../src/changes/splice.ts'
import type {Json} from '../../src/objects/object.ts'
import {readYaml} from '../../src/objects/yaml.ts'
import {editedMap, json, render, root} from './random-yaml.ts'

const seed = fc.array(fc.nat(1000), {minLength: 5, maxLength: 40})
const change = fc
  .tuple(root, seed)
  .chain(([value, numbers]) => fc.tuple(fc.constant(value), fc.constant(numbers), editedMap(value)))

function read(text: string): Json {
  const {value, faults} = readYaml(text)
  assert.deepEqual(faults, [])
  return value ?? null
}

test('an edited YAML document means what was asked for, its untouched parts are the same bytes, and a second edit does nothing', () => {
  fc.assert(
    fc.property(change, ([before, numbers, after]) => {
      const pieces = render(before, numbers)
      const text = pieces.join('')
      assert.ok(equalJson(read(text), before), `rendered wrongly: ${text}`)
      const result = editYaml(text, before, after)
      assert.ok(equalJson(read(result), after), result)
      assert.equal(editYaml(result, after, after), result)
      if (Object.keys(before).some(key => Object.hasOwn(after, key)))
        assertUntouched(before, after, pieces, result)
    }),
    {numRuns: 400},
  )
})

/** Pieces of keys that stay as they are stand in the result as they were, in their order. */
function assertUntouched(
  before: Record<string, Json>,
  after: Record<string, Json>,
  pieces: readonly string[],
  result: string,
): void {
  let at = 0
  for (const [index, key] of Object.keys(before).entries()) {
    if (!Object.hasOwn(after, key) || !equalJson(before[key], after[key])) continue
    const found = result.indexOf(pieces[index]!, at)
    assert.notEqual(found, -1, `${key} was touched:\n${pieces.join('')}\n=>\n${result}`)
    at = found + pieces[index]!.length
  }
}

test('a YAML document is edited piece by piece, never written anew as a whole', () => {
  fc.assert(
    fc.property(change, ([before, numbers, after]) => {
      const text = render(before, numbers).join('')
      const splices = editDocument(text, before, after, false)
      assert.ok(splices !== null)
      assert.ok(equalJson(read(applySplices(text, splices)), after), applySplices(text, splices))
    }),
    {numRuns: 300},
  )
})

test('text that ends in blank lines takes in none of those behind it, and a document replaced as a whole ends its line', () => {
  for (const [text, after, result] of [
    ['x:\n  a: 3\n\nc: 1\n', {x: {a: 'keep\n\n'}, c: 1}, 'x:\n  a: "keep\\n\\n"\n\nc: 1\n'],
    ['x: |+\n  a\n\nc: 1\n', {x: 'keep\n\n', c: 1}, 'x: |+\n  keep\n\nc: 1\n'],
    ['a: {}\nb: 1\n', {c: 'end\n'}, 'c: |\n  end\n'],
  ] as const) {
    const splices = editDocument(text, read(text), after, false)
    assert.equal(applySplices(text, splices ?? []), result)
  }
})

test('an edited JSON file means what was asked for, in its own indentation', () => {
  const units = fc.constantFrom(0, 2, 4, '\t')
  fc.assert(
    fc.property(change, units, ([before, , after], unit) => {
      const text = JSON.stringify(before, null, unit) + '\n'
      const result = editJson(text, before, after)
      assert.ok(equalJson(JSON.parse(result) as Json, after), result)
      const whole = JSON.stringify(JSON.parse(result), null, unit) + '\n'
      if (after === before || JSON.stringify(Object.keys(before)) === JSON.stringify(Object.keys(after)))
        assert.equal(result.split('\n').length, whole.split('\n').length)
    }),
    {numRuns: 200},
  )
})

test('changing one word changes one line', () => {
  const table = fc.tuple(root, seed, json)
  fc.assert(
    fc.property(table, ([before, numbers]) => {
      const text = render({...before, marked: {deep: [{word: 'old'}]}}, numbers).join('')
      const value = read(text) as Record<string, Json>
      const result = editYaml(text, value, {...value, marked: {deep: [{word: 'new'}]}})
      const old = text.split('\n')
      const fresh = result.split('\n')
      assert.equal(fresh.length, old.length)
      assert.equal(fresh.filter((line, index) => line !== old[index]).length, 1)
    }),
    {numRuns: 100},
  )
})
