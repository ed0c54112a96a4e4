import assert from 'node:assert/strict'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {generateMesh} from '../../bench/generate-mesh.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import type {Mesh} from '../../src/mesh/mesh.ts'
import {loadPaths} from '../../src/objects/load.ts'
import {defineRule} from '../../src/vet/rule.ts'
import type {Rule} from '../../src/vet/rule.ts'
import {rules} from '../../src/vet/rules/registry.ts'
import {serviceRule} from './make.ts'

/**
 * No rule may ask more than so much more of a mesh four times as large (decisions 18). What is counted is what a rule
 * reads, not time, so that a busy machine changes nothing: linear gives 4, n log n less than 6, n squared 16.
 */
const steepest = 7

test('no rule reads quadratically much of a mesh', async () => {
  const [small, large] = [await meshOf(50), await meshOf(200)]
  const steep = rules
    .map(rule => ({id: rule.id, slope: slopeOf(rule, small, large)}))
    .filter(({slope}) => slope > steepest)
  assert.deepEqual(steep, [])
})

test('a rule that looks at every object of one kind for each of another is found', async () => {
  const nested = defineRule({
    ...serviceRule(),
    check(mesh, report) {
      for (const object of mesh.objects('Service')) {
        const near = mesh.objects('DestinationRule').filter(({id}) => id.name === object.id.name)
        if (near.length > 1) report({messageId: 'said', object, path: []})
      }
    },
  })
  assert.ok(slopeOf(nested, await meshOf(50), await meshOf(200)) > steepest)
})

function slopeOf(rule: Rule, small: Mesh, large: Mesh): number {
  // What every mesh has whatever its size must not hide the slope, nor make one of nothing.
  return (readsOf(rule, large) + 100) / (readsOf(rule, small) + 100)
}

function readsOf(rule: Rule, mesh: Mesh): number {
  let reads = 0
  const counted = <Value>(value: Value): Value => {
    if (!Array.isArray(value)) return value
    return new Proxy(value, {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
        return Reflect.get(target, key, receiver) as unknown
      },
    })
  }
  const spied = new Proxy(mesh, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return counted(value)
      return (...given: unknown[]) => {
        reads += 1
        return counted((value as (...given: unknown[]) => unknown).apply(target, given))
      }
    },
  })
  rule.check(spied, () => undefined, rule.params)
  return reads
}

async function meshOf(services: number): Promise<Mesh> {
  const folder = await mkdtemp(join(tmpdir(), 'meshctl-slope-'))
  try {
    await generateMesh(folder, services)
    return buildMesh((await loadPaths([folder])).objects)
  } finally {
    await rm(folder, {recursive: true})
  }
}
