import assert from 'node:assert/strict'
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {test} from 'node:test'
import {Ajv} from 'ajv'

import {ruleInfos} from '../../../src/flows/rules.ts'
import {objectsAfter} from '../../../src/flows/vet-apply.ts'
import {patchesOf} from '../../../src/flows/vet-patches.ts'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {Mesh} from '../../../src/mesh/mesh.ts'
import {parseText} from '../../../src/objects/parse.ts'
import {renderVet} from '../../../src/render/vet/formats.ts'
import type {VetResult} from '../../../src/vet/finding.ts'
import {rules} from '../../../src/vet/rules/registry.ts'
import {vet} from '../../../src/vet/vet.ts'
import {fixturesOf} from '../../vet/rules/fixtures.ts'
import type {Fixture} from '../../vet/rules/fixtures.ts'
import {meshOf, problem, service, serviceRule} from '../../vet/make.ts'

interface Region {
  startLine: number
  startColumn: number
  endLine: number
  endColumn: number
}

interface SarifResult {
  message: {text: string}
  suppressions?: {kind: string}[]
  fixes?: {
    artifactChanges: {
      artifactLocation: {uri: string}
      replacements: {deletedRegion: Region; insertedContent: {text: string}}[]
    }[]
  }[]
}

interface Sarif {
  runs: {results: SarifResult[]; invocations: {toolExecutionNotifications?: {message: {text: string}}[]}[]}[]
}

/**
 * The schema of SARIF 2.1.0 as SchemaStore publishes it (Apache-2.0), from the npm package @microsoft/jest-sarif. It is
 * of draft 4, and uses nothing that later drafts read otherwise but its own `id`.
 */
const {
  $schema: _draft,
  id: _id,
  ...schema
} = JSON.parse(await readFile(join(import.meta.dirname, 'sarif-2.1.0-rtm.5.json'), 'utf8')) as Record<
  string,
  unknown
>
const ajv = new Ajv({allErrors: true, strict: false, unicodeRegExp: false})
ajv.addFormat('uri', text => URL.canParse(text))
ajv.addFormat(
  'uri-reference',
  text => URL.canParse(text, 'https://example.org/') && !/[\s<>{}|\\^`]/.test(text),
)
ajv.addFormat('date-time', text => !Number.isNaN(Date.parse(text)))
const validate = ajv.compile(schema)

function sarifOf(result: VetResult): Sarif {
  const log: unknown = JSON.parse(
    renderVet(result, 'sarif', {version: '1.2.3', patches: patchesOf}, ruleInfos),
  )
  assert.ok(validate(log), JSON.stringify(validate.errors?.slice(0, 3)))
  return log as Sarif
}

test('the schema refuses what is no SARIF', () => {
  assert.equal(validate({version: '2.1.0', runs: [{tool: {driver: {name: 'x', colour: 'red'}}}]}), false)
  assert.equal(validate({version: '2.1.0', runs: [{results: []}]}), false)
})

test('every part of an answer is valid: problems, suppressions, skipped rules, fixes made, comparisons', () => {
  const mesh = meshOf(
    service('orders', '  annotations: {meshctl.dev/ignore: test-rule why}\n') + service('cart'),
  )
  const result = vet(mesh, {
    config: {},
    problems: [
      {...problem('yaml-syntax'), file: 'k8s/ö #1&<.yaml'},
      {...problem('too-deep'), file: '-'},
    ],
    rules: [serviceRule(), serviceRule({id: 'silent-rule', needs: 'live'})],
  })
  const [finding] = result.findings
  const log = sarifOf({
    ...result,
    gaps: [{kind: 'Secret', namespace: '', reason: 'forbidden'}],
    fixes: {
      fixed: [{...finding!, kind: 'safe', description: 'Done.'}],
      files: ['k8s/app.yaml'],
      calls: [],
    },
    baseline: {file: 'known.json', known: 1, stale: 0, written: null},
    comparedWith: ['git main'],
  })
  const [run] = log.runs
  assert.deepEqual(
    run!.invocations[0]!.toolExecutionNotifications?.map(({message}) => message.text.split(' ')[0]),
    ['only', 'the', 'fixed'],
  )
  assert.equal(run!.results.filter(({suppressions}) => suppressions !== undefined).length, 1)
})

/** What an editor makes of a text when it takes a fix. */
function taken(
  text: string,
  changes: readonly {deletedRegion: Region; insertedContent: {text: string}}[],
): string {
  const lines = text.split('\n')
  const offsets = lines.map((_, index) => lines.slice(0, index).join('\n').length + (index === 0 ? 0 : 1))
  const at = (line: number, column: number): number => offsets[line - 1]! + column - 1
  return [...changes]
    .sort((a, b) => b.deletedRegion.startLine - a.deletedRegion.startLine)
    .reduce(
      (done, {deletedRegion: {startLine, startColumn, endLine, endColumn}, insertedContent}) =>
        done.slice(0, at(startLine, startColumn)) + insertedContent.text + done.slice(at(endLine, endColumn)),
      text,
    )
}

/** The findings that have a fix, of a fixture's text as it is and without its last line break. */
function* fixable(fixture: Fixture): Iterable<{text: string; mesh: Mesh; result: VetResult}> {
  for (const text of [fixture.text, fixture.text.trimEnd()]) {
    const mesh = buildMesh(parseText(text, fixture.name).objects, fixture.options)
    const result = vet(mesh, {config: {}, problems: []})
    const findings = result.findings.filter(({fix}) => (fix?.changes.length ?? 0) > 0)
    if (findings.length > 0) yield {text, mesh, result: {...result, findings}}
  }
}

test('every fix of every rule, taken by an editor, gives the objects that were meant', () => {
  let tried = 0
  const fixtures = rules.flatMap(rule =>
    fixturesOf(join(import.meta.dirname, '../../vet/rules', rule.area, rule.id), 'bad'),
  )
  for (const {text, mesh, result} of fixtures.flatMap(fixture => [...fixable(fixture)])) {
    const log = sarifOf(result)
    for (const [index, finding] of result.findings.entries()) {
      const [fix] = log.runs[0]!.results[index]!.fixes ?? []
      const whole =
        finding.fix!.kind !== 'hint' && finding.fix!.changes.every(({action}) => action !== 'create')
      assert.equal(fix !== undefined, whole, finding.rule)
      if (fix === undefined) continue
      tried++
      const after = taken(text, fix.artifactChanges[0]!.replacements)
      assert.deepEqual(
        parseText(after, 'a.yaml').objects.map(({value}) => value),
        objectsAfter(mesh.objects(), [finding]).map(({value}) => value),
        `${finding.rule}\n${after}`,
      )
    }
  }
  assert.ok(tried > 50, `only ${tried} fixes were tried`)
})
