import assert from 'node:assert/strict'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {test} from 'node:test'
import type {TestContext} from 'node:test'
import {MeshctlError} from '../../src/cli/error.ts'
import {emptyConfig, loadConfig} from '../../src/config/config.ts'
import {readConfigText} from '../../src/config/read.ts'
import {locate} from '../../src/objects/locate.ts'

const today = new Date('2026-11-24T12:00:00Z')

async function folder(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'meshctl-config-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), {recursive: true})
    await writeFile(join(root, path), content)
  }
  return root
}

const everything = `
clients:
  - client: batch/export
    calls: [shop/reviews:9080, shop/ratings]
    reason: read its source
    until: 2027-01-31
  - client: CronJob/batch/old
    calls: []
    reason: switched off
    until: 2026-11-23
  - client: batch/forever
    calls: []
    reason: it only counts
idempotent:
  - {service: shop/reviews, methods: [GET, PUT], paths: [/reviews/*]}
  - {service: shop/ratings}
probes:
  - {service: "shop/reviews:9080", paths: [/health]}
exclude: {namespaces: [kube-*], workloads: [shop/legacy-*]}
complete: [Service, Deployment]
istioVersion: "1.30.2"
providers: [zipkin]
vet:
  failOn: warning
  rules:
    some-rule: off
    another-rule: {severity: info, options: {limit: 3}}
  overrides:
    - {paths: [test/**], namespaces: [dev-*], rules: {some-rule: error, another-rule: off}, reason: tests}
target:
  sidecars: run
  mtls: {default: walk, namespaces: {dev-*: none, shop: run}, services: {shop/reviews: jetpack}}
`

test('Reads everything that may stand in meshctl.yaml', async () => {
  const {object, clients, expired, ...config} = await readConfigText(everything, 'meshctl.yaml', today)
  assert.deepEqual(
    clients.map(({client, calls, reason, until, path}) => ({client, calls, reason, until, path})),
    [
      {
        client: 'batch/export',
        calls: ['shop/reviews:9080', 'shop/ratings'],
        reason: 'read its source',
        until: '2027-01-31',
        path: ['clients', 0],
      },
      {client: 'batch/forever', calls: [], reason: 'it only counts', until: null, path: ['clients', 2]},
    ],
  )
  assert.deepEqual(
    expired.map(({client}) => client),
    ['CronJob/batch/old'],
  )
  assert.deepEqual(config, {
    file: 'meshctl.yaml',
    idempotent: [
      {service: 'shop/reviews', methods: ['GET', 'PUT'], paths: ['/reviews/*'], path: ['idempotent', 0]},
      {service: 'shop/ratings', methods: null, paths: null, path: ['idempotent', 1]},
    ],
    probes: [{service: 'shop/reviews:9080', method: 'GET', paths: ['/health'], path: ['probes', 0]}],
    exclude: {namespaces: ['kube-*'], workloads: ['shop/legacy-*']},
    complete: ['Service', 'Deployment'],
    istioVersion: '1.30',
    providers: ['zipkin'],
    vet: {
      failOn: 'warning',
      rules: {'some-rule': 'off', 'another-rule': {severity: 'info', options: {limit: 3}}},
      overrides: [
        {
          paths: ['test/**'],
          namespaces: ['dev-*'],
          rules: {'some-rule': 'error', 'another-rule': 'off'},
          reason: 'tests',
        },
      ],
    },
    target: {
      sidecars: {default: 'run', namespaces: [], services: new Map()},
      mtls: {
        default: 'walk',
        namespaces: [
          ['dev-*', 'none'],
          ['shop', 'run'],
        ],
        services: new Map([['shop/reviews', 'jetpack']]),
      },
    },
  })
  assert.equal(object?.id.kind, 'MeshctlConfig')
})

test('A declaration can be pointed at', async () => {
  const {clients} = await readConfigText(everything, 'conf/meshctl.yaml', today)
  const [, forever] = clients
  assert.ok(forever?.object)
  const {file, line, column} = locate(forever.object, [...forever.path, 'client']) ?? {}
  assert.deepEqual({file, line, column}, {file: 'conf/meshctl.yaml', line: 11, column: 13})
})

test('complete: true is every kind, false says nothing', async () => {
  assert.deepEqual((await readConfigText('complete: true', 'x', today)).complete, ['*'])
  assert.equal((await readConfigText('complete: false', 'x', today)).complete, null)
})

for (const text of ['', '# nothing\n', '---\n', '{}', 'null']) {
  test(`${JSON.stringify(text)} is an empty configuration`, async () => {
    const {clients, target, complete} = await readConfigText(text, 'x', today)
    assert.deepEqual({clients, target, complete}, {clients: [], target: {}, complete: null})
  })
}

const invalid: Record<string, [text: string, line: number, column: number, message: RegExp]> = {
  'an unknown key': ['a: 1\n', 1, 1, /has no key a; it may have clients, /],
  'a misspelt key': ['complete: true\nclints: []\n', 2, 1, /no key clints \(did you mean clients\?\)/],
  'a misspelt key deep inside': [
    'vet:\n  rules:\n    a:\n      severty: info\n',
    4,
    7,
    /vet\.rules\.a has no key severty \(did you mean severity\?\)/,
  ],
  'a value that is none of those allowed': [
    'target:\n  mtls: fast\n',
    2,
    9,
    /target\.mtls is "fast"; it may be none, walk, run, jetpack/,
  ],
  'a capability that there is not': ['target: {mtl: walk}\n', 1, 10, /no key mtl \(did you mean mtls\?\)/],
  'a severity that there is not': [
    'vet: {rules: {a: warn}}',
    1,
    18,
    /"warn"; it may be off, error, warning, info\./,
  ],
  'an HTTP method in small letters': [
    'idempotent: [{service: a/b, methods: [get]}]',
    1,
    39,
    /did you mean GET/,
  ],
  'a client without what it calls': [
    'clients:\n- {client: a/b, reason: x}\n',
    2,
    3,
    /clients\[0\] lacks calls/,
  ],
  'a client without a reason': [
    'clients:\n- {client: a/b, calls: []}\n',
    2,
    3,
    /lacks reason \(How this is known\)/,
  ],
  'a client without a namespace': [
    'clients:\n- {client: b, calls: [], reason: x}\n',
    2,
    12,
    /clients\[0\]\.client is "b"/,
  ],
  'a day that the calendar does not have': [
    'clients:\n- {client: a/b, calls: [], reason: x, until: 2026-02-30}\n',
    2,
    46,
    /2026-02-30, a day that the calendar/,
  ],
  'something that is no day': [
    'clients:\n- {client: a/b, calls: [], reason: x, until: soon}\n',
    2,
    46,
    /YYYY-MM-DD/,
  ],
  'a version that YAML takes for a number': ['istioVersion: 1.30\n', 1, 15, /must be text, and is 1\.3/],
  'a list where a mapping stands': ['exclude: []\n', 1, 10, /exclude must be a mapping/],
  'a target of a service without a namespace': [
    'target: {mtls: {services: {reviews: walk}}}',
    1,
    28,
    /cannot have the key reviews/,
  ],
  'a key of a prototype': ['__proto__: {complete: true}\n', 1, 1, /no key __proto__/],
  'a list': ['- a\n', 1, 1, /must hold a mapping/],
  text: ['hello\n', 1, 1, /must hold a mapping/],
  'two documents': ['complete: true\n---\ncomplete: false\n', 3, 1, /more than one document/],
  'broken YAML': ['clients: [\n', 2, 1, /flow collection/],
  'a key that stands twice': ['complete: true\ncomplete: false\n', 2, 1, /"complete" stands twice/],
}

for (const [what, [text, line, column, message]] of Object.entries(invalid)) {
  test(`Refuses ${what}, saying where and what would do`, async () => {
    await assert.rejects(readConfigText(text, 'meshctl.yaml', today), error => {
      assert.ok(error instanceof MeshctlError)
      assert.equal(error.code, 'invalid-config')
      assert.match(error.message, message)
      const {details} = error
      assert.deepEqual([details.file, details.line, details.column], ['meshctl.yaml', line, column])
      assert.notEqual(details.try.length, 0)
      return true
    })
  })
}

test('Of several mistakes the first is told', async () => {
  await assert.rejects(readConfigText('target: {mtls: x}\nclients: 1\n', 'x', today), /target\.mtls/)
  await assert.rejects(readConfigText('clients: 1\ntarget: {mtls: x}\n', 'x', today), /clients must/)
})

test('The file is that of --config, else of the first directory read from, else of the working directory', async t => {
  const root = await folder(t, {
    'named.yaml': 'istioVersion: "1.1"',
    'first/meshctl.yaml': 'istioVersion: "1.2"',
    'second/meshctl.yaml': 'istioVersion: "1.3"',
    'work/meshctl.yml': 'istioVersion: "1.4"',
    'bare/a.yaml': '',
  })
  const at = (path: string): string => join(root, path)
  const from = [at('bare/a.yaml'), '-', at('first'), at('second')]
  const found = async (lookup: Parameters<typeof loadConfig>[0]): Promise<(string | null)[]> => {
    const {file, istioVersion} = await loadConfig(lookup)
    return [file, istioVersion]
  }
  assert.deepEqual(await found({file: at('named.yaml'), from, cwd: at('work')}), [at('named.yaml'), '1.1'])
  assert.deepEqual(await found({from, cwd: at('work')}), [at('first/meshctl.yaml'), '1.2'])
  assert.deepEqual(await found({from: [at('bare'), at('second')], cwd: at('work')}), ['meshctl.yml', '1.4'])
  assert.deepEqual(await found({from: [at('nowhere')], cwd: at('work')}), ['meshctl.yml', '1.4'])
  assert.deepEqual(await loadConfig({from: [at('bare')], cwd: at('bare')}), emptyConfig)
})

test('A configuration that is named and not there is an error', async t => {
  const root = await folder(t, {})
  await assert.rejects(
    loadConfig({file: join(root, 'x.yaml'), from: [], cwd: root}),
    error => error instanceof MeshctlError && error.code === 'unreadable-path',
  )
})

test('One that is there and cannot be read is an error, and not passed over', async t => {
  const root = await folder(t, {'meshctl.yaml/a': ''})
  await assert.rejects(
    loadConfig({from: [root], cwd: root}),
    error => error instanceof MeshctlError && error.code === 'unreadable-path',
  )
})
