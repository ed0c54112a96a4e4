import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {buildMesh} from '../../../src/mesh/build.ts'
import {isRecord} from '../../../src/objects/json.ts'
import type {Json, JsonObject, KubeObject, Path} from '../../../src/objects/object.ts'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {fixturesOf} from './fixtures.ts'

/** What people write where something else belongs. */
const wrong: readonly Json[] = [
  null,
  true,
  -1,
  '',
  'text',
  [],
  {},
  [null],
  [[{}]],
  {__proto__: null, constructor: 'x'},
]

for (const rule of rules) {
  test(`${rule.id}: a value of the wrong type anywhere is no crash`, () => {
    const folder = join(import.meta.dirname, rule.area, rule.id)
    let tried = 0
    for (const {mesh} of fixturesOf(folder, 'bad')) {
      const objects = mesh.objects()
      for (const [index, object] of objects.entries()) {
        for (const path of pathsOf(object.value)) {
          const value = wrong[tried++ % wrong.length] as Json
          const spoilt: KubeObject = {
            ...object,
            source: null,
            value: replaced(object.value, path, value) as JsonObject,
          }
          const result = vet(buildMesh(objects.with(index, spoilt), {complete: ['*']}), {
            config: {},
            problems: [],
            rules: [rule],
          })
          assert.ok(Array.isArray(result.findings))
        }
      }
    }
    assert.ok(tried > 0)
  })
}

function pathsOf(value: Json | undefined, path: Path = []): readonly Path[] {
  const children = Array.isArray(value) ? [...value.entries()] : isRecord(value) ? Object.entries(value) : []
  const below = children.flatMap(([key, child]) => pathsOf(child as Json, [...path, key]))
  return path.length === 0 ? below : [path, ...below]
}

function replaced(current: Json | undefined, path: Path, value: Json): Json {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (Array.isArray(current))
    return current.map((item: Json, index) => (index === step ? replaced(item, rest, value) : item))
  const fields = isRecord(current) ? Object.entries(current) : []
  return Object.fromEntries(
    fields.map(([key, item]) => [key, key === step ? replaced(item, rest, value) : (item ?? null)]),
  )
}
