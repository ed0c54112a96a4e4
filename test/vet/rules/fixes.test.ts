import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {objectsAfter} from '../../../src/flows/vet-apply.ts'
import {callName, harmOf} from '../../../src/flows/vet-safety.ts'
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
        assert.deepEqual(harmOf(fixture.mesh, meshAfter(fixture, finding)).map(callName), [])
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

function meshAfter({mesh, options}: Fixture, finding: Finding): Mesh {
  return buildMesh(objectsAfter(mesh.objects(), [finding]), options)
}

function findingsOf(rule: Rule, mesh: Mesh): readonly Finding[] {
  return vet(mesh, {config: {}, problems: [], rules: [rule]}).findings
}
