import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {parse} from 'yaml'
import {toYaml} from '../../src/changes/emit-yaml.ts'
import {equalJson} from '../../src/changes/json-equality.ts'
import {parseText} from '../../src/objects/parse.ts'
import type {Json, JsonObject} from '../../src/objects/object.ts'
import {json, text} from './random-yaml.ts'

test('fields come in the order in which people write them', () => {
  const value = {
    spec: {mtls: {mode: 'STRICT'}},
    metadata: {labels: {app: 'x'}, namespace: 'ns', name: 'a'},
    kind: 'PeerAuthentication',
    apiVersion: 'security.istio.io/v1',
  }
  assert.equal(
    toYaml(value),
    'apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata:\n  name: a\n  namespace: ns\n  labels:\n    app: x\nspec:\n  mtls:\n    mode: STRICT\n',
  )
})

const kept = [
  'yes',
  'on',
  'y',
  'N',
  'null',
  '~',
  '',
  '0644',
  '0o17',
  '0x1f',
  '0b1',
  '1e3',
  '1_000',
  '.5',
  '1.',
  '-1',
  '+1',
  '.inf',
  '.nan',
  '12:30',
  '190:20:30',
  '2020-01-01',
  '=',
  '<<',
  ' a',
  'a ',
  'a: b',
  'a #b',
  '- a',
  '---',
  '...',
  '!a',
  '&a',
  '*a',
  '%a',
  '@a',
  '`a',
  '{',
  '[a]',
  'a,b',
  "it's",
  '"',
  '\\',
  '\t',
  'two\nlines',
  'x\n',
  'x\n\n',
  '\u0000',
  '\u2028',
  '\ufeff',
  'TRUE',
  'No',
  '08',
  '1.31',
  '10s',
]

for (const value of kept) {
  test(`the text ${JSON.stringify(value)} stays text to every reader`, () => {
    const written = toYaml({data: {[value]: value, list: [value, [value]], flow: {a: [{}]}}})
    for (const version of ['1.1', '1.2'] as const) {
      const read = parse(written, {version, merge: true}) as {data: Record<string, unknown>}
      assert.deepEqual([read.data[value], read.data['list']], [value, [value, [value]]])
    }
    assert.deepEqual(readBack({data: {[value]: value, list: [value]}}), {[value]: value, list: [value]})
  })
}

function readBack(fields: JsonObject): Json {
  const written = toYaml({apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, ...fields})
  const {objects, problems} = parseText(written, 'x.yaml')
  assert.deepEqual(problems, [], written)
  return objects[0]?.value['data'] ?? null
}

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(text, json, {noNullPrototype: true}), data => {
      assert.ok(equalJson(readBack({data}), data), toYaml({data}))
    }),
    {numRuns: 500},
  )
})
