import assert from 'node:assert/strict'
import test from 'node:test'
import {generateMesh} from './generate/generate.ts'
import {shrink} from './shrink.ts'
import type {Trial} from './trials.ts'

test('what is left of a mesh is what the mismatch needs', async () => {
  const mesh = generateMesh(7)
  const [needed] = mesh.policies
  assert.ok(needed !== undefined && mesh.policies.length > 3)
  const mismatch = {edge: 'a > b', predicted: '', found: '', truth: null, because: []}
  const trials = {
    try: (_: unknown, policies: readonly unknown[]): Promise<Trial> =>
      Promise.resolve({
        edges: 1,
        found: {},
        unknown: 0,
        unknownBecause: {},
        mismatches: policies.includes(needed) ? [mismatch] : [],
        capture: {namespaces: [], calls: [], objects: [], given: []},
      }),
  }
  const {policies, trial} = await shrink(trials, mesh, 'a > b')
  assert.deepEqual(policies, [needed])
  assert.equal(trial.mismatches.length, 1)
})

test('a seed gives the same mesh each time, and the next seed another', () => {
  assert.deepEqual(generateMesh(31), generateMesh(31))
  assert.notDeepEqual(generateMesh(31).policies, generateMesh(32).policies)
  assert.equal(generateMesh(31).topology.number, generateMesh(32).topology.number)
})
