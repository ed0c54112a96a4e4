import assert from 'node:assert/strict'
import {test} from 'node:test'
import {run, service, serviceRule} from './make.ts'

const annotated = (annotation: string): string => service('orders', `  annotations:\n    ${annotation}\n`)

const cases: readonly [string, string, string, string | null][] = [
  [
    'by its id with a reason',
    'meshctl.dev/ignore: test-rule until the move is done',
    'annotation',
    'until the move is done',
  ],
  ['by a former id', 'meshctl.dev/ignore: old-rule', 'annotation', null],
  ['one of several', 'meshctl.dev/ignore: "other-rule x; test-rule -- why"', 'annotation', 'why'],
  [
    "by istioctl's code",
    'galley.istio.io/analyze-suppress: "IST0109,IST0101"',
    'foreign-annotation',
    'galley.istio.io/analyze-suppress',
  ],
  [
    "by istioctl's star",
    'galley.istio.io/analyze-suppress: "*"',
    'foreign-annotation',
    'galley.istio.io/analyze-suppress',
  ],
  [
    "by Kiali's code",
    'kiali.io/ignore-validations: KIA0202',
    'foreign-annotation',
    'kiali.io/ignore-validations',
  ],
  [
    "by Kiali's empty list",
    'kiali.io/ignore-validations: ""',
    'foreign-annotation',
    'kiali.io/ignore-validations',
  ],
]

for (const [title, annotation, by, reason] of cases) {
  test(`annotation: ${title}`, () => {
    const {findings, suppressed, summary} = run(annotated(annotation), {
      rules: [serviceRule(), serviceRule({id: 'other-rule', check: () => undefined, formerIds: []})],
    })
    assert.deepEqual(
      findings.filter(({rule}) => rule === 'test-rule'),
      [],
    )
    assert.deepEqual(
      suppressed.map(one => [one.finding.rule, one.by, one.reason]),
      [['test-rule', by, reason]],
    )
    assert.equal(summary.suppressed, 1)
  })
}

for (const annotation of [
  'galley.istio.io/analyze-suppress: IST0109',
  'kiali.io/ignore-validations: KIA0001',
  'other/ignore: test-rule',
]) {
  test(`annotation that means something else: ${annotation}`, () => {
    assert.deepEqual(
      run(annotated(annotation)).findings.map(({rule}) => rule),
      ['test-rule'],
    )
  })
}

test("istioctl's star does not hide what istioctl cannot see", () => {
  const rule = serviceRule({equivalents: []})
  assert.equal(run(annotated('galley.istio.io/analyze-suppress: "*"'), {rules: [rule]}).findings.length, 1)
})

test('an annotation speaks of its own object only', () => {
  const {findings} = run(annotated('meshctl.dev/ignore: test-rule') + service('cart'))
  assert.deepEqual(
    findings.map(({object}) => object?.name),
    ['cart'],
  )
})

const commented = (comment: string): string =>
  service('orders').replace('      port: 80', `      ${comment}\n      port: 80`)

test('a comment silences the next line, with its reason', () => {
  const {findings, suppressed} = run(commented('# meshctl-ignore-next-line test-rule -- known -- and wanted'))
  assert.deepEqual(findings, [])
  assert.deepEqual(
    suppressed.map(({by, reason}) => [by, reason]),
    [['comment', 'known -- and wanted']],
  )
})

test('blank lines and comments between do not count as the next line', () => {
  assert.deepEqual(
    run(commented('# meshctl-ignore-next-line other-rule, test-rule\n      # more\n')).suppressed.length,
    1,
  )
})

test('a comment above another line silences nothing and is reported where it stands', () => {
  const text = service('orders').replace('spec:', '# meshctl-ignore-next-line test-rule\nspec:')
  const {findings} = run(text)
  assert.deepEqual(
    findings.map(({rule, messageId, line}) => [rule, messageId, line]),
    [
      ['unused-suppression', 'unused', 6],
      ['test-rule', 'said', 10],
    ],
  )
})

test('unused and unknown suppressions are reported as infos', () => {
  const quiet = serviceRule({check: () => undefined})
  const {findings} = run(annotated('meshctl.dev/ignore: "test-rule a; no-such-rule b"'), {rules: [quiet]})
  assert.deepEqual(
    findings.map(({rule, messageId, severity, line}) => [rule, messageId, severity, line]),
    [
      ['unused-suppression', 'unused', 'info', 7],
      ['unused-suppression', 'unknown', 'info', 7],
    ],
  )
  assert.match(findings.map(({message}) => message).join(' '), /no-such-rule/)
})

test('the suppression of a rule that did not run is not unused', () => {
  const text = annotated('meshctl.dev/ignore: test-rule')
  assert.deepEqual(run(text, {config: {rules: {'test-rule': 'off'}}}).findings, [])
  assert.deepEqual(run(text, {rules: [serviceRule({needs: 'live'})]}).findings, [])
})
