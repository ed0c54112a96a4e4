import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'node:test'
import {globSync} from 'tinyglobby'
import {buildMesh} from '../../src/mesh/build.ts'
import {fromServer} from '../../src/cluster/read.ts'
import {text} from '../../src/objects/json.ts'
import {agrees, edgeNamed} from './compare.ts'
import {fixtureDirectory} from './fixtures.ts'
import type {Fixture} from './fixtures.ts'

// Meshes on which a prediction was wrong once, as the differential test found and shrank them.
for (const file of globSync('*.json', {cwd: fixtureDirectory})) {
  test(`the mesh of ${file} is predicted as istiod makes it`, () => {
    const {edge, found, objects} = JSON.parse(readFileSync(join(fixtureDirectory, file), 'utf8')) as Fixture
    const mesh = buildMesh(
      objects.map(value =>
        fromServer(value, {apiVersion: text(value['apiVersion']) ?? '', kind: text(value['kind']) ?? ''}),
      ),
      {complete: ['*']},
    )
    const {outcome} = edgeNamed(mesh, edge).judge()
    assert.ok(
      outcome.result === 'unknown' || agrees(outcome, found),
      `${edge} is ${outcome.result} ${outcome.transport} ${outcome.failure ?? ''}, and was found ${JSON.stringify(found)}`,
    )
  })
}
