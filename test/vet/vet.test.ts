import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MeshctlError} from '../../src/cli/error.ts'
import {fact} from '../../src/mesh/fact.ts'
import type {Finding} from '../../src/vet/finding.ts'
import type {Severity} from '../../src/vet/rule.ts'
import type {VetSettings} from '../../src/vet/settings.ts'
import {meshOf, problem, run, service, serviceRule} from './make.ts'
import {setting} from '../../src/vet/edits.ts'
import {rules as everyRule} from '../../src/vet/rules/registry.ts'
import {vet} from '../../src/vet/vet.ts'

const only = (findings: readonly Finding[]): Finding => {
  assert.equal(findings.length, 1)
  return findings[0]!
}

test('a finding has place, object, path, message and a frame', () => {
  const found = only(run(service('orders')).findings)
  assert.deepEqual(
    {...found, fingerprint: '', frame: null},
    {
      rule: 'test-rule',
      messageId: 'said',
      severity: 'error',
      certainty: 'certain',
      message: 'Service orders is there.',
      object: {cluster: '', apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'orders'},
      path: 'spec.ports[0].port',
      file: 'k8s/app.yaml',
      line: 9,
      column: 13,
      endLine: 9,
      endColumn: 15,
      evidence: [],
      related: [],
      fix: null,
      help: 'Nothing to do.',
      equivalents: ['IST0101', 'KIA0202'],
      fingerprint: '',
      frame: null,
    },
  )
  assert.deepEqual(found.frame, {firstLine: 7, lines: ['  ports:', '    - name: http', '      port: 80']})
})

test('evidence and related facts are located; an absent value is shown at its nearest ancestor', () => {
  const mesh = meshOf(service('orders'))
  const [object] = mesh.objects('Service')
  const rule = serviceRule(
    {},
    {
      path: ['spec', 'selector', 'app'],
      evidence: [fact('named so', object, ['metadata', 'name']), fact('a default')],
      related: [fact('ports', object, ['spec', 'ports', 0, 'name'])],
    },
  )
  const found = only(vet(mesh, {config: {}, problems: [], rules: [rule]}).findings)
  assert.equal(found.line, 7)
  assert.deepEqual(
    found.evidence.map(({text, file, line}) => [text, file, line]),
    [
      ['named so', 'k8s/app.yaml', 4],
      ['a default', null, null],
    ],
  )
  assert.deepEqual(
    found.related.map(({text, line, column}) => [text, line, column]),
    [['ports', 8, 13]],
  )
})

const severityCases: readonly [
  string,
  VetSettings,
  Severity | undefined,
  Partial<{overrides: Record<string, Severity | 'off'>; certainty: 'cannot-verify'}>,
  Severity | 'off',
][] = [
  ['the rule decides', {}, undefined, {}, 'error'],
  ['weaker knowledge lowers it', {}, 'warning', {}, 'warning'],
  ['the config decides', {rules: {'test-rule': 'info'}}, undefined, {}, 'info'],
  ['the config by a former id', {rules: {'old-rule': {severity: 'warning'}}}, undefined, {}, 'warning'],
  ['a report never raises it', {rules: {'test-rule': 'info'}}, 'warning', {}, 'info'],
  [
    'the command line beats the config',
    {rules: {'test-rule': 'info'}},
    undefined,
    {overrides: {'test-rule': 'warning'}},
    'warning',
  ],
  [
    'cannot verify is an info whatever is set',
    {rules: {'test-rule': 'error'}},
    undefined,
    {certainty: 'cannot-verify'},
    'info',
  ],
  [
    'an override for these objects beats all',
    {rules: {'test-rule': 'info'}, overrides: [{namespaces: ['sh*'], rules: {'test-rule': 'warning'}}]},
    undefined,
    {},
    'warning',
  ],
  [
    'an override for others does nothing',
    {overrides: [{namespaces: ['web'], rules: {'test-rule': 'off'}}]},
    undefined,
    {},
    'error',
  ],
  [
    'the last override that matches wins',
    {
      overrides: [
        {kinds: ['Service'], rules: {'test-rule': 'off'}},
        {paths: ['k8s/**'], rules: {'test-rule': 'info'}},
      ],
    },
    undefined,
    {},
    'info',
  ],
]

for (const [title, config, severity, {overrides, certainty}, expected] of severityCases) {
  test(`severity: ${title}`, () => {
    const rule = serviceRule(
      {},
      {...(severity === undefined ? {} : {severity}), ...(certainty === undefined ? {} : {certainty})},
    )
    const result = run(service('orders'), {
      config,
      rules: [rule],
      ...(overrides === undefined ? {} : {severityOverrides: overrides}),
    })
    assert.equal(only(result.findings).severity, expected)
    assert.equal(only(result.findings).certainty, certainty ?? 'certain')
    assert.equal(/Cannot verify/.test(only(result.findings).message), certainty === 'cannot-verify')
  })
}

test('a rule that is off is skipped with its reason', () => {
  const result = run(service('orders'), {config: {rules: {'test-rule': 'off'}}})
  assert.deepEqual(result.findings, [])
  assert.deepEqual(result.skipped, [{rule: 'test-rule', reason: 'switched off'}])
  assert.deepEqual([result.summary.rulesRun, result.summary.rulesSkipped], [0, 1])
})

test('an override that switches off suppresses, and says why', () => {
  const config = {overrides: [{names: ['ord*'], rules: {'test-rule': 'off' as const}, reason: 'moving'}]}
  const result = run(service('orders'), {config})
  assert.deepEqual(result.findings, [])
  assert.deepEqual(
    result.suppressed.map(({by, reason}) => [by, reason]),
    [['config', 'moving']],
  )
})

const skipCases: readonly [
  string,
  Parameters<typeof serviceRule>[0],
  Parameters<typeof run>[1],
  RegExp | null,
][] = [
  [
    'another version of Istio',
    {istio: '>=1.22.0 <1.24.0'},
    {mesh: {istioVersion: {minor: '1.31', source: 'flag'}}},
    /holds for Istio >=1.22.0 <1.24.0, and the mesh has 1.31/,
  ],
  [
    'the version it holds for',
    {istio: '>=1.22.0 <1.32.0'},
    {mesh: {istioVersion: {minor: '1.31', source: 'flag'}}},
    null,
  ],
  ['a live cluster is needed', {needs: 'live'}, {}, /live cluster/],
  ['a live cluster is there', {needs: 'live'}, {live: true}, null],
  ['the mesh config is needed', {needs: 'mesh-config'}, {}, /mesh config/],
  [
    'an input could not be read',
    {},
    {mesh: {gaps: [{kind: 'Service', namespace: '', reason: 'forbidden'}]}},
    /Service could not be read: forbidden/,
  ],
  [
    'another kind could not be read',
    {},
    {mesh: {gaps: [{kind: 'Pod', namespace: '', reason: 'forbidden'}]}},
    null,
  ],
]

for (const [title, settings, options, reason] of skipCases) {
  test(`skipped: ${title}`, () => {
    const {skipped, findings} = run(service('orders'), {...options, rules: [serviceRule(settings)]})
    assert.equal(findings.length, reason === null ? 1 : 0)
    if (reason === null) assert.deepEqual(skipped, [])
    else assert.match(skipped[0]?.reason ?? '', reason)
  })
}

test('a rule that throws is a bug that names the rule', () => {
  const rule = serviceRule({
    check() {
      throw new TypeError('x is undefined')
    },
  })
  assert.throws(
    () => run(service('orders'), {rules: [rule]}),
    (error: unknown) =>
      error instanceof MeshctlError &&
      error.exitCode === 70 &&
      /test-rule failed: x is undefined/.test(error.message) &&
      error.details.try.length > 0,
  )
})

test('the same thing said twice counts once; two rules on one spot both count', () => {
  const twice = serviceRule({
    check(mesh, report) {
      for (const object of [...mesh.objects('Service'), ...mesh.objects('Service')])
        report({messageId: 'said', data: {name: 'a'}, object, path: []})
    },
  })
  assert.equal(run(service('orders'), {rules: [twice]}).findings.length, 1)
  assert.equal(
    run(service('orders'), {rules: [serviceRule(), serviceRule({id: 'other-rule'})]}).findings.length,
    2,
  )
})

test('sorted by file, line, column and rule, whatever the order of rules', () => {
  const a = serviceRule({id: 'a-rule'})
  const b = serviceRule({id: 'b-rule'})
  const text = service('one') + service('two')
  const order = (rules: readonly ReturnType<typeof serviceRule>[]): readonly string[] =>
    run(text, {rules}).findings.map(one => `${one.line} ${one.rule}`)
  assert.deepEqual(order([b, a]), ['9 a-rule', '9 b-rule', '19 a-rule', '19 b-rule'])
  assert.deepEqual(order([a, b]), order([b, a]))
})

test('problems of reading are findings with their place', () => {
  const {findings, summary} = run('', {
    problems: [
      problem('yaml-syntax'),
      problem('unrendered-template', 9),
      problem('missing-field', 5),
      problem('not-an-object', 7),
    ],
  })
  assert.deepEqual(
    findings.map(one => [one.line, one.column, one.rule, one.severity, one.object]),
    [
      [3, 2, 'yaml-invalid', 'error', null],
      [5, 2, 'object-invalid', 'error', null],
      [7, 2, 'not-kubernetes', 'warning', null],
      [9, 2, 'unrendered-template', 'info', null],
    ],
  )
  assert.deepEqual([summary.errors, summary.warnings, summary.infos], [2, 1, 1])
  assert.equal(
    run('', {problems: [problem('yaml-syntax')], config: {rules: {'yaml-invalid': 'off'}}}).findings.length,
    0,
  )
})

test('options of the right type reach the rule, others leave the default', () => {
  const seen: unknown[] = []
  const rule = serviceRule({
    params: {limit: 5, names: ['a']},
    check: (_mesh, _report, params) => void seen.push(params),
  })
  run('', {rules: [rule], config: {rules: {'test-rule': {options: {limit: 7, names: 'b', other: 1}}}}})
  assert.deepEqual(seen, [{limit: 7, names: ['a']}])
})

test('a fix is told as edits', () => {
  const mesh = meshOf(service('orders'))
  const object = mesh.objects('Service')[0]!
  const changes = [
    setting(object, ['spec', 'ports', 0, 'name'], 'http-web', 'why'),
    setting(object, ['spec', 'type'], 'ClusterIP', 'why'),
  ]
  const rule = serviceRule({}, {fix: {kind: 'unsafe', description: 'Do it.', changes}})
  const {fix} = only(vet(mesh, {config: {}, problems: [], rules: [rule]}).findings)
  assert.deepEqual(
    fix?.edits.map(({action, path, value}) => [action, path, value]),
    [
      ['set', 'spec.ports[0].name', 'http-web'],
      ['set', 'spec.type', 'ClusterIP'],
    ],
  )
})

test('the same input gives the same result', () => {
  const text = service('one') + service('two')
  assert.deepEqual(run(text), run(text))
})

test('keys of the prototype are nothing special', () => {
  const text =
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: shop\n  annotations: {__proto__: x, constructor: y}\nspec: {ports: [{port: 80}], __proto__: {a: 1}}\n'
  assert.equal(run(text, {config: {rules: {}}}).findings.length, 1)
})

const retried = (match: string): string =>
  `${service('orders')}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders]
  http:
    - ${match}route: [{destination: {host: orders}}]
      retries: {attempts: 2, retryOn: 5xx}
`

const repeatable: readonly [string, string, Parameters<typeof run>[1], number][] = [
  ['nothing is declared', '', {}, 1],
  ['all of the service is', '', {idempotent: [{service: 'shop/orders:80', methods: null, paths: null}]}, 0],
  ['another service is', '', {idempotent: [{service: 'shop/cart', methods: null, paths: null}]}, 1],
  ['only a path is', '', {idempotent: [{service: 'shop/orders', methods: null, paths: ['/a']}]}, 1],
  [
    'one method is, the route takes all',
    '',
    {idempotent: [{service: 'shop/orders', methods: ['post'], paths: null}]},
    1,
  ],
  [
    'the method of the route is',
    'match: [{method: {exact: POST}}]\n      ',
    {idempotent: [{service: 'shop/orders', methods: ['post'], paths: null}]},
    0,
  ],
]

for (const [title, match, options, count] of repeatable) {
  test(`idempotent operations of meshctl.yaml: ${title}`, () => {
    const rules = everyRule.filter(({id}) => id === 'retry-non-idempotent')
    assert.equal(run(retried(match), {...options, rules}).findings.length, count)
  })
}
