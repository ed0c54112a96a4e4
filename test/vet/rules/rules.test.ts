import assert from 'node:assert/strict'
import {join} from 'node:path'
import {test} from 'node:test'
import {generated, stale} from '../../../scripts/generate-rule-registry.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import {engineRules} from '../../../src/vet/engine-rules.ts'
import type {Finding} from '../../../src/vet/finding.ts'
import type {Rule} from '../../../src/vet/rule.ts'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {fixturesOf} from './fixtures.ts'
import type {Expectation, Fixture} from './fixtures.ts'

const here = import.meta.dirname

for (const rule of rules) {
  const folder = join(here, rule.area, rule.id)
  const bad = fixturesOf(folder, 'bad')
  const ok = fixturesOf(folder, 'ok')

  test(`${rule.id}: has a bad fixture and a twin that stays silent`, () => {
    assert.ok(bad.length > 0, 'no bad fixture')
    assert.ok(ok.length > 0, 'no ok fixture')
  })

  for (const fixture of ok) {
    test(`${rule.id}: is silent on ${fixture.name}`, () => {
      assert.deepEqual(run(rule, fixture).map(describe), [])
    })
  }

  for (const fixture of bad) {
    test(`${rule.id}: reports what ${fixture.name} expects, and nothing else`, () => {
      assert.ok(fixture.expectations.length > 0, 'a bad fixture expects something')
      const found = run(rule, fixture)
      const wrong = fixture.expectations.filter(expected => expected.rule !== rule.id)
      assert.deepEqual(wrong, [], 'expectations name this rule')
      assert.deepEqual(
        found.filter(finding => !fixture.expectations.some(one => meets(finding, one))).map(describe),
        [],
        'unexpected',
      )
      assert.deepEqual(
        fixture.expectations.filter(one => !found.some(finding => meets(finding, one))),
        [],
        `missing; found ${JSON.stringify(found.map(describe))}`,
      )
    })
  }

  test(`${rule.id}: every message is exercised, with all its placeholders filled`, () => {
    const found = bad.flatMap(fixture => run(rule, fixture))
    assert.deepEqual(
      Object.keys(rule.messages).filter(id => !found.some(finding => finding.messageId === id)),
      [],
    )
    for (const finding of found) assert.doesNotMatch(finding.message, /[{}]|undefined|\[object/)
  })

  test(`${rule.id}: reads only the kinds that it declares`, () => {
    const read = new Set<string>()
    for (const fixture of [...bad, ...ok]) rule.check(spied(fixture.mesh, read), () => undefined, rule.params)
    assert.deepEqual(
      [...read].filter(kind => !rule.inputs.includes(kind)),
      [],
    )
  })
}

for (const rule of [...rules, ...Object.values(engineRules)]) {
  test(`${rule.id}: is described for its reader`, () => {
    assert.match(rule.fix, /\.$/)
    assert.match(rule.why, /\.$/)
    assert.match(rule.id, /^[a-z0-9]+(-[a-z0-9]+)+$/)
  })
}

test('ids and former ids are unique', () => {
  const ids = [...rules, ...Object.values(engineRules)].flatMap(rule => [rule.id, ...rule.formerIds])
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
})

test('registry and docs are fresh', async () => {
  assert.deepEqual(stale(await generated()), [], 'run: node scripts/generate-rule-registry.ts')
})

function run(rule: Rule, fixture: Fixture): readonly Finding[] {
  return vet(fixture.mesh, {config: {}, problems: [], rules: [rule]}).findings
}

function meets(finding: Finding, expected: Expectation): boolean {
  return (
    finding.line === expected.line &&
    finding.rule === expected.rule &&
    (expected.messageId === null || finding.messageId === expected.messageId) &&
    (expected.severity === null || finding.severity === expected.severity)
  )
}

function describe(finding: Finding): string {
  return `${finding.file ?? ''}:${finding.line ?? 0} ${finding.rule}/${finding.messageId} ${finding.severity}: ${finding.message}`
}

/** The mesh, noting which kinds a rule asks for; the model's own look-ups are not seen. */
function spied(mesh: Mesh, read: Set<string>): Mesh {
  return new Proxy(mesh, {
    get(target, key) {
      if (key !== 'objects') return Reflect.get(target, key) as unknown
      return (kind?: string) => {
        if (kind !== undefined) read.add(kind)
        return target.objects(kind)
      }
    },
  })
}
