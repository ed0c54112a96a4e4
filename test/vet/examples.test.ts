import assert from 'node:assert/strict'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import type {TestContext} from 'node:test'

import {loadInput} from '../../src/flows/load-input.ts'
import {explainRule, ruleInfos} from '../../src/flows/rules.ts'
import {vetInput} from '../../src/flows/vet.ts'
import type {RuleExample} from '../../src/vet/examples.ts'

/** They are about files that are no manifests: what cannot be opened, meshctl.yaml, a baseline. */
const withoutManifest = ['unreadable-file', 'baseline-stale', 'rule-setting-unknown']

for (const {id} of ruleInfos) {
  test(`vet explain ${id}: what it shows is what vet says of it`, async t => {
    const {examples} = await explainRule(id)
    if (withoutManifest.includes(id)) {
      assert.deepEqual(examples, {bad: null, good: null})
      return
    }
    assert.ok(examples.bad && examples.good, 'an example that is reported, and one that is not')
    assert.ok((await reportedIn(t, examples.bad)).includes(id), `not reported:\n${examples.bad.text}`)
    assert.ok(!(await reportedIn(t, examples.good)).includes(id), `reported:\n${examples.good.text}`)
  })
}

/** With all rules on, as a reader would try it. */
async function reportedIn(t: TestContext, {text, flags}: RuleExample): Promise<readonly string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-example-'))
  t.after(() => rm(dir, {recursive: true}))
  await writeFile(join(dir, 'example.yaml'), text)
  const version = flags.find(flag => flag.startsWith('--istio-version '))?.split(' ')[1]
  const input = await loadInput(
    {from: [dir], complete: flags.includes('--complete'), 'istio-version': version},
    {cwd: dir, problemsAreFindings: true},
  )
  const {result} = await vetInput(input, {cwd: dir})
  return result.findings.map(({rule}) => rule)
}
