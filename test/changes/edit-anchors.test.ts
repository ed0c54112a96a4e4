import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {editDocument} from '../../src/changes/edit-document.ts'
import {editYaml} from '../../src/changes/edit-yaml.ts'
import {equalJson} from '../../src/changes/json-equality.ts'
import {applySplices} from '../../src/changes/splice.ts'
import type {Json} from '../../src/objects/object.ts'
import {readYaml} from '../../src/objects/yaml.ts'
import {editedMap} from './random-yaml.ts'

const shared = fc.constantFrom(
  '&s\n    cpu: 1\n    memory: 2',
  '&s {cpu: 1, memory: 2}',
  '&s\n    cpu: &n 7\n    list: [*n, *n]',
  '&s {}',
)
const user = fc.constantFrom(
  '*s',
  '[*s, 1, *s]',
  '{own: *s, x: 1}',
  '\n    <<: *s',
  '\n    <<: *s\n    own: 1',
  '\n    cpu: 5\n    <<: *s',
  '\n    <<: *s\n    cpu: 5  # mine',
  '\n    <<: [*s, *t]\n    x: 1',
  '\n    <<: {cpu: 3, z: 1}\n    q: *s',
  '\n    - *s\n    - name: a\n      <<: *t',
  '&s 3',
  '&u [*s, *t]',
)
const document = fc.tuple(shared, fc.array(user, {minLength: 1, maxLength: 5})).map(
  ([first, users]) =>
    `t: &t {memory: 9, net: 4}\ns: ${first}\n${users
      .map((text, index) => `u${index}: ${text} # user ${index}\n`)
      .join('')
      .replaceAll(/(?<=\n {4}.*) # user \d+/g, '')}`,
)

function read(text: string): {readonly value: Json; readonly faults: readonly unknown[]} {
  const {value, faults} = readYaml(text)
  return {value: value ?? null, faults}
}

test('anchors, aliases and merge keys: what is edited changes, and nothing that shares an anchor with it', () => {
  let edits = 0
  const edit = document
    .filter(text => read(text).faults.length === 0)
    .chain(text => fc.tuple(fc.constant(text), editedMap(read(text).value as Record<string, Json>)))
  fc.assert(
    fc.property(edit, ([text, after]) => {
      const before = read(text).value
      // Piece by piece: the whole document would always come out right when written anew.
      const splices = editDocument(text, before, after, false)
      const result = splices === null ? '' : applySplices(text, splices)
      assert.ok(equalJson(read(result).value, after), `${text}=>\n${result}`)
      assert.deepEqual(read(result).faults, [], result)
      assert.equal(editYaml(result, after, after), result)
      if (!equalJson(before, after)) edits++
    }),
    {numRuns: 400},
  )
  assert.ok(edits > 100)
})
