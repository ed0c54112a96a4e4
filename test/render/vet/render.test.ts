import assert from 'node:assert/strict'
import {test} from 'node:test'
import {fact} from '../../../src/mesh/fact.ts'
import {renderVet, vetFormats} from '../../../src/render/vet/formats.ts'
import {vetJson} from '../../../src/render/vet/json.ts'
import {engineRules} from '../../../src/vet/engine-rules.ts'
import {parseText} from '../../../src/objects/parse.ts'
import {buildMesh} from '../../../src/mesh/build.ts'
import type {VetResult} from '../../../src/vet/finding.ts'
import {vet} from '../../../src/vet/vet.ts'
import {meshOf, problem, run, service, serviceRule} from '../../vet/make.ts'

/** Names and texts that try to break out of every format. */
const hostile = 'a&b<c>"d\'e|f`g%h\r\n]]>:,\u0000\ud800 ::error::'

function richResult(): VetResult {
  const mesh = meshOf(service('orders'))
  const [object] = mesh.objects('Service')
  const rules = [
    serviceRule(
      {messages: {said: `{name} ${hostile}`}},
      {
        evidence: [fact(`seen: ${hostile}`, object, ['metadata', 'name'])],
        related: [fact('the other side', object, ['spec'])],
      },
    ),
    serviceRule({id: 'silent-rule', needs: 'live'}),
    serviceRule({
      id: 'info-rule',
      severity: 'info',
      check: (_mesh, report) =>
        report({
          messageId: 'said',
          data: {name: 'x'},
          object: mesh.objects('Service')[0]!,
          path: ['metadata'],
          certainty: 'cannot-verify',
        }),
    }),
  ]
  return vet(mesh, {
    config: {},
    problems: [{...problem('yaml-syntax'), file: 'k8s/ö #1&<.yaml', message: hostile}],
    rules,
  })
}

const empty = run('', {rules: []})

test('every format says something of an empty result, and names what did not run', () => {
  for (const format of vetFormats) {
    assert.ok(renderVet(empty, format).length > 0, format)
    assert.match(renderVet(richResult(), format), /silent-rule/, format)
  }
})

test('text: place, frame with the spot underlined, evidence, fix and sum', () => {
  const text = renderVet(run(service('orders'), {rules: [serviceRule()]}), 'text')
  assert.match(text, /^k8s\/app\.yaml\n/)
  assert.match(
    text,
    /\n {2}9:13 {2}error {2}test-rule {2}Service shop\/orders\n {4}Service orders is there\.\n/,
  )
  assert.ok(text.includes('\n    > 9 |       port: 80\n        |             ^^\n'), text)
  assert.match(text, /\n {4}fix: Nothing to do\.\n/)
  assert.match(text, /1 error, 0 warnings and 0 infos in 1 object\n/)
})

test("text: colours are the caller's", () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`
  const paint = {
    error: mark('e'),
    warning: mark('w'),
    info: mark('i'),
    strong: mark('s'),
    faint: mark('f'),
    added: mark('a'),
    removed: mark('r'),
  }
  assert.match(renderVet(run(service('orders')), 'text', {paint}), /<e>error<\/e>/)
})

test('text: tabs before the spot stay tabs, and a multi-line value is underlined on its first line', () => {
  const {objects} = parseText(
    '{"apiVersion": "v1", "kind": "Service",\n\t"metadata": {"name": "a",\n\t\t"namespace": "b"}}',
    'a.json',
  )
  const result = vet(buildMesh(objects), {
    config: {},
    problems: [],
    rules: [serviceRule({}, {path: ['metadata']})],
  })
  const text = renderVet(result, 'text')
  assert.ok(
    text.includes('\n    > 2 | \t"metadata": {"name": "a",\n        | \t            ^^^^^^^^^^^^^\n'),
    text,
  )
})

test('json: the contract, without what is only for other renderers', () => {
  const json = JSON.parse(renderVet(richResult(), 'json', {version: '1.2.3'})) as Record<string, unknown> & {
    findings: Record<string, unknown>[]
  }
  assert.deepEqual([json['schema'], json['meshctl']], ['meshctl/vet/v1', '1.2.3'])
  for (const key of ['summary', 'skipped', 'gaps', 'suppressed', 'assumptions', 'istio'])
    assert.ok(key in json, key)
  const finding = json.findings.find(({rule}) => rule === 'test-rule')
  const wanted =
    'rule messageId severity certainty message object path file line column evidence related fix equivalents fingerprint'.split(
      ' ',
    )
  assert.deepEqual(
    wanted.filter(key => !(key in (finding ?? {}))),
    [],
  )
  assert.equal('frame' in (finding ?? {}), false)
  assert.deepEqual(vetJson(richResult()), vetJson(richResult()))
})

interface Sarif {
  version: string
  runs: {
    tool: {driver: {rules: {id: string}[]}}
    invocations: {toolConfigurationNotifications: unknown[]}[]
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      partialFingerprints: Record<string, string>
      suppressions?: {kind: string}[]
      locations: {physicalLocation?: {artifactLocation: {uri: string}; region: Record<string, number>}}[]
      relatedLocations?: {id: number; message: {text: string}}[]
    }[]
  }[]
}

const sarifOf = (result: VetResult, cwd?: string): Sarif =>
  JSON.parse(renderVet(result, 'sarif', cwd === undefined ? {} : {cwd}, Object.values(engineRules))) as Sarif

test('sarif: results point at their rule, their place, and places related to them', () => {
  const log = sarifOf(richResult())
  const [first] = log.runs
  assert.equal(log.version, '2.1.0')
  for (const result of first!.results)
    assert.equal(first!.tool.driver.rules[result.ruleIndex]?.id, result.ruleId)
  const found = first!.results.find(({ruleId}) => ruleId === 'test-rule')!
  assert.deepEqual(
    [found.level, found.locations[0]?.physicalLocation?.artifactLocation.uri],
    ['error', 'k8s/app.yaml'],
  )
  assert.deepEqual(found.locations[0]?.physicalLocation?.region, {
    startLine: 9,
    startColumn: 13,
    endLine: 9,
    endColumn: 15,
  })
  assert.deepEqual(
    found.relatedLocations?.map(({id}) => id),
    [0, 1],
  )
  assert.match(found.partialFingerprints['meshctl/v1'] ?? '', /^[0-9a-f]{20}$/)
  assert.equal(first!.invocations[0]!.toolConfigurationNotifications.length, 1)
})

test('sarif: paths are relative and percent-encoded', () => {
  const uris = sarifOf(richResult()).runs[0]!.results.map(
    result => result.locations[0]?.physicalLocation?.artifactLocation.uri,
  )
  assert.ok(uris.includes('k8s/%C3%B6%20%231%26%3C.yaml'), uris.join())
  const absolute = run('', {
    problems: [
      {...problem('yaml-syntax'), file: '/repo/k8s/a.yaml'},
      {...problem('yaml-syntax'), file: '/other/a.yaml'},
      {...problem('yaml-syntax'), file: '-'},
    ],
  })
  assert.deepEqual(
    sarifOf(absolute, '/repo')
      .runs[0]!.results.map(result => result.locations[0]?.physicalLocation?.artifactLocation.uri)
      .sort(),
    ['file:///other/a.yaml', 'k8s/a.yaml', 'stdin'],
  )
})

test('sarif: what is suppressed is there, marked so', () => {
  const log = sarifOf(run(service('orders', '  annotations: {meshctl.dev/ignore: test-rule why}\n')))
  assert.deepEqual(
    log.runs[0]!.results.map(({suppressions}) => suppressions),
    [[{kind: 'inSource', justification: 'why'}]],
  )
})

test('junit: well-formed whatever the names are, with counts that add up', () => {
  const xml = renderVet(richResult(), 'junit')
  assertWellFormed(xml)
  assert.equal(xml.match(/<failure /g)?.length, 2)
  assert.equal(xml.match(/<skipped /g)?.length, 1)
  assert.match(xml, /<testsuites name="meshctl vet" tests="4" failures="2" errors="0" skipped="1">/)
  assertWellFormed(renderVet(empty, 'junit'))
  assert.match(renderVet(empty, 'junit'), /tests="1" failures="0"/)
})

test('github: one command a line, worst first, values escaped', () => {
  const lines = renderVet(richResult(), 'github').trimEnd().split('\n')
  assert.deepEqual(
    lines.map(line => /^::(\w+) /.exec(line)?.[1]),
    ['error', 'error', 'notice', 'notice'],
  )
  assert.match(
    lines[0] ?? '',
    /^::error file=k8s\/app\.yaml,line=9,col=13,endLine=9,endColumn=15,title=test-rule%3A Service shop\/orders::/,
  )
  for (const line of lines) assert.doesNotMatch(line, /\r/)
  assert.match(lines[0] ?? '', /g%25h%0D%0A\]\]>/)
})

test('markdown: nothing of the input becomes markup', () => {
  const text = renderVet(richResult(), 'markdown')
  assert.doesNotMatch(text.replace(/<\/?(details|summary)>/g, ''), /<(?!!)[a-z]/i)
  const rows = text.split('\n').filter(line => line.startsWith('| '))
  for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 6, row)
})

test('a finding without a file is shown by its object', () => {
  const mesh = meshOf(service('orders'))
  const object = {...mesh.objects('Service')[0]!, source: null}
  const rule = serviceRule({
    check: (_mesh, report) => report({messageId: 'said', data: {name: 'x'}, object, path: []}),
  })
  const result = vet(mesh, {config: {}, problems: [], rules: [rule]})
  const [finding] = result.findings
  assert.deepEqual([finding?.file, finding?.line, finding?.frame], [null, null, null])
  for (const format of vetFormats) assert.match(renderVet(result, format), /orders/, format)
})

/** Tags nest, attributes are quoted, and no reserved or impossible character is left in text. */
function assertWellFormed(xml: string): void {
  const open: string[] = []
  const body = xml.replace(/^<\?xml [^?]*\?>\n/, '')
  const token = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy
  let at = 0
  for (let found = token.exec(body); found !== null; found = token.exec(body)) {
    at = token.lastIndex
    const [, close, name, attributes = '', empty, text = ''] = found
    assert.doesNotMatch(`${attributes}${text}`, /&(?!amp;|lt;|gt;|quot;|apos;|#\d+;)/)
    assert.doesNotMatch(`${attributes}${text}`, /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
    if (close === '/') assert.equal(open.pop(), name)
    else if (name !== undefined && empty !== '/') open.push(name)
  }
  assert.equal(at, body.length, `not XML from: ${body.slice(at, at + 80)}`)
  assert.deepEqual(open, [])
}
