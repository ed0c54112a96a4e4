import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {applyPhase} from '../../../src/changes/apply-to-objects.ts'
import {blastRadius} from '../../../src/changes/blast-radius.ts'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import type {Finding} from '../../../src/vet/finding.ts'
import type {Rule} from '../../../src/vet/rule.ts'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {fixturesOf} from './fixtures.ts'
import type {Fixture} from './fixtures.ts'

for (const rule of rules) {
  for (const fixture of fixturesOf(join(import.meta.dirname, rule.area, rule.id), 'bad')) {
    const fixed = findingsOf(rule, fixture.mesh).filter(({fix}) => fix !== null && fix.changes.length > 0)
    fixed.forEach((finding, index) => {
      test(`${rule.id}: fix ${index + 1} of ${fixture.name} mends what it is for`, () => {
        const after = meshAfter(fixture, finding)
        const left = findingsOf(rule, after).map(({fingerprint}) => fingerprint)
        assert.ok(!left.includes(finding.fingerprint), `still there: ${finding.message}`)
      })
      if (finding.fix?.kind !== 'safe') return
      test(`${rule.id}: fix ${index + 1} of ${fixture.name} is safe, as it says`, () => {
        assert.deepEqual(harmOf(fixture.mesh, meshAfter(fixture, finding)), [])
      })
    })
  }
}

test('what is no safe fix is told from one', () => {
  const rule = rules.find(({id}) => id === 'mtls-client-mutual-to-plaintext')
  assert.ok(rule)
  const fixture = fixturesOf(join(import.meta.dirname, rule.area, rule.id), 'bad').find(
    ({name}) => name === 'bad/server-without-sidecar.yaml',
  )
  assert.ok(fixture)
  const finding = findingsOf(rule, fixture.mesh).find(({fix}) => fix !== null)
  assert.ok(finding)
  // Seen from the mended mesh, breaking it again is a change that harms.
  assert.notDeepEqual(harmOf(meshAfter(fixture, finding), fixture.mesh), [])
})

/** A safe fix changes no working edge and makes none unknown (decisions 10). */
function harmOf(before: Mesh, after: Mesh): readonly string[] {
  const {broken, changed, unknown} = blastRadius(before, after)
  return [...broken, ...changed, ...unknown]
    .filter(edge => edge.before.result === 'ok' || edge.before.result === 'mixed')
    .map(({client, server}) => `${client.namespace}/${client.workload} -> ${server.service.host}`)
}

function meshAfter(fixture: Fixture, {fix}: Finding): Mesh {
  const objects = applyPhase(fixture.mesh.objects(), {title: 'fix', changes: fix?.changes ?? []})
  // As if read again from what was written: the version of an object is part of its identity.
  const read = objects.map(object => {
    const {apiVersion} = object.value
    return typeof apiVersion === 'string' ? {...object, id: {...object.id, apiVersion}} : object
  })
  return buildMesh(read, fixture.options)
}

function findingsOf(rule: Rule, mesh: Mesh): readonly Finding[] {
  return vet(mesh, {config: {}, problems: [], rules: [rule]}).findings
}
