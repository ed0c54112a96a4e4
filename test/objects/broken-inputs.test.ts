import assert from 'node:assert/strict'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {loadPaths} from '../../src/objects/load.ts'
import {locate} from '../../src/objects/locate.ts'
import type {Json, Path} from '../../src/objects/object.ts'
import {overlay} from '../../src/objects/overlay.ts'
import {readSnapshot, snapshotOf} from '../../src/objects/snapshot.ts'
import {brokenInputs} from './broken-inputs.ts'

const inputs = [...brokenInputs()]

test('There are at least 200 broken inputs, each under a name of its own', () => {
  assert.ok(inputs.length >= 200, String(inputs.length))
  assert.equal(new Set(inputs.map(({name}) => name)).size, inputs.length)
})

test('No broken input stops the reading; each problem has a place and a next step', async t => {
  const root = await mkdtemp(join(tmpdir(), 'meshctl-broken-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  const file = join(root, 'input.yaml')
  for (const {name, content} of inputs) {
    await writeFile(file, content)
    const lines = Buffer.from(content).toString('latin1').split('\n').length
    const {objects, problems} = await loadPaths([file]).catch((error: unknown) =>
      assert.fail(`${name}: ${String(error)}`),
    )
    for (const problem of problems) {
      assert.equal(problem.file, file, name)
      assert.ok(
        problem.line >= 1 && problem.line <= lines && problem.column >= 1,
        `${name}: ${problem.line}:${problem.column} of ${lines} lines`,
      )
      assert.ok(
        problem.message.length > 0 && problem.message.length < 500 && problem.try.length > 0,
        `${name}: ${problem.message}`,
      )
    }
    for (const object of objects) {
      for (const path of somePaths(object.value)) assert.ok((locate(object, path)?.line ?? 0) >= 1, name)
    }
    assert.ok(overlay(objects, objects).length <= objects.length, name)
    for (const anonymize of [false, true]) readSnapshot(snapshotOf(objects, {anonymize}).text, name)
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

/** A few paths of a value: deep ones too, but not all of a huge one. */
function somePaths(value: Json): readonly Path[] {
  const paths: Path[] = [[]]
  const waiting: [Path, Json][] = [[[], value]]
  while (waiting.length > 0 && paths.length < 40) {
    const [path, current] = waiting.shift() ?? [[], null]
    if (typeof current !== 'object' || current === null) continue
    for (const [key, item] of Object.entries(current)) {
      const own = [...path, Array.isArray(current) ? Number(key) : key]
      paths.push(own)
      waiting.push([own, item as Json])
    }
  }
  return paths
}
