import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {mkdir, mkdtemp, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {test} from 'node:test'
import type {TestContext} from 'node:test'

import {MeshctlError} from '../../src/cli/error.ts'
import {loadInput} from '../../src/flows/load-input.ts'
import type {InputFlags} from '../../src/flows/load-input.ts'
import {vetInput} from '../../src/flows/vet.ts'
import type {Vetted, VetRequest} from '../../src/flows/vet.ts'
import {snapshotOf} from '../../src/objects/snapshot.ts'
import {app, istio, namespace} from '../stages/manifests.ts'

interface Place {
  readonly dir: string
  write(file: string, text: string): Promise<void>
  commit(message: string): void
  vet(request?: Partial<VetRequest>, flags?: InputFlags): Promise<Vetted>
}

async function repository(t: TestContext): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-changed-'))
  t.after(() => rm(dir, {recursive: true}))
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      stdio: 'pipe',
    })
  git('init', '-q', '-b', 'main')
  return {
    dir,
    write: async (file, text) => {
      await mkdir(dirname(join(dir, file)), {recursive: true})
      await writeFile(join(dir, file), text)
    },
    commit: message => {
      git('add', '-A')
      git('commit', '-q', '-m', message)
    },
    vet: async (request = {}, flags = {}) => {
      const input = await loadInput(
        {from: [join(dir, 'k8s')], complete: true, ...flags},
        {cwd: dir, problemsAreFindings: true},
      )
      return await vetInput(input, {cwd: dir, ...request})
    },
  }
}

const found = ({result}: Vetted): readonly string[] =>
  result.findings.map(({rule, object}) => `${rule} ${object?.name ?? ''}`)

const shop = [namespace('shop'), app('orders'), app('cart')].join('\n---\n')
const route = (name: string, to: string): string =>
  istio('VirtualService', name, `hosts: [${name}]\nhttp: [{route: [{destination: {host: ${to}}}]}]`)

test('only what the change causes: by a new file, in a new place, by what is gone', async t => {
  const repo = await repository(t)
  await repo.write('k8s/shop.yaml', shop)
  await repo.write('k8s/old.yaml', route('orders', 'nowhere'))
  repo.commit('one')
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), [], 'what was there before')
  assert.equal(found(await repo.vet()).length > 0, true)

  await repo.write('k8s/old.yaml', `\n\n# moved down\n${route('orders', 'nowhere')}`)
  await rename(join(repo.dir, 'k8s/old.yaml'), join(repo.dir, 'k8s/renamed.yaml'))
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), [], 'moved lines and files are no change')

  await repo.write('k8s/new.yaml', route('cart', 'elsewhere'))
  const added = await repo.vet({changedSince: 'HEAD'})
  assert.deepEqual(
    new Set(found(added).map(one => one.split(' ')[1])),
    new Set(['cart']),
    'not committed yet',
  )
  assert.equal(added.failed, true)
  assert.deepEqual(added.result.comparedWith, ['git HEAD'])
  repo.commit('two')
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), [])
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD~1'})), found(added))

  // The route that now leads nowhere stands in a file that nobody touched.
  await repo.write('k8s/renamed.yaml', route('orders', 'orders'))
  await repo.write('k8s/new.yaml', route('cart', 'orders'))
  repo.commit('three')
  await repo.write('k8s/shop.yaml', [namespace('shop'), app('cart')].join('\n---\n'))
  const gone = await repo.vet({changedSince: 'HEAD'})
  assert.ok(
    gone.result.findings.some(({file}) => file?.endsWith('renamed.yaml')),
    found(gone).join(),
  )
})

test('a suppression that goes uncovers what it hid: the doing of the change', async t => {
  const repo = await repository(t)
  await repo.write('k8s/shop.yaml', `${shop}\n---\n${route('orders', 'nowhere')}`)
  repo.commit('one')
  const then = await repo.vet({}, {complete: false})
  const [doubt] = then.result.findings.filter(({certainty}) => certainty === 'cannot-verify')
  assert.ok(doubt, 'a part of a mesh leaves room for doubt')
  const hidden = route('orders', 'nowhere').replace(
    'namespace: shop',
    `namespace: shop, annotations: {meshctl.dev/ignore: ${doubt.rule}}`,
  )
  await repo.write('k8s/shop.yaml', `${shop}\n---\n${hidden}`)
  repo.commit('two')
  await repo.write('k8s/shop.yaml', `${shop}\n---\n${route('orders', 'nowhere')}`)
  assert.ok(found(await repo.vet({changedSince: 'HEAD'})).includes(`${doubt.rule} orders`))
})

test('what could not be parsed before is no news; what cannot any more is', async t => {
  const repo = await repository(t)
  await repo.write('k8s/torn.yaml', 'kind: [')
  await repo.write('k8s/shop.yaml', shop)
  repo.commit('one')
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), [])
  await repo.write('k8s/shop.yaml', `${shop}\n---\nkind: {`)
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), ['yaml-invalid '])
})

test('a path that was not there then is all new, and one outside the repository is refused', async t => {
  const repo = await repository(t)
  await repo.write('other.txt', 'x')
  repo.commit('one')
  await repo.write('k8s/shop.yaml', `${shop}\n---\n${route('orders', 'nowhere')}`)
  assert.deepEqual(found(await repo.vet({changedSince: 'HEAD'})), found(await repo.vet()))
  const outside = await mkdtemp(join(tmpdir(), 'meshctl-outside-'))
  t.after(() => rm(outside, {recursive: true}))
  await assert.rejects(repo.vet({changedSince: 'HEAD'}, {from: [outside]}), /lies outside the repository/)
})

for (const [title, changedSince, from, message] of [
  ['a commit that is not there', 'nowhere', null, /no commit nowhere/],
  ['an option of git', '--output=x', null, /no commit --output=x/],
  ['standard input', 'HEAD', ['-'], /standard input has no history/],
  ['a cluster', 'HEAD', [], /a cluster has no history/],
] as const) {
  test(`--changed-since refuses ${title}`, async t => {
    const repo = await repository(t)
    await repo.write('k8s/shop.yaml', shop)
    repo.commit('one')
    const input = await loadInput({from: [join(repo.dir, 'k8s')]}, {cwd: repo.dir})
    await assert.rejects(
      vetInput({...input, ...(from !== null && {from})}, {changedSince, cwd: repo.dir}),
      (error: unknown) => {
        assert.ok(error instanceof MeshctlError && error.exitCode === 2 && error.details.try.length > 0)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('--base: what is wrong in the snapshot already is not told, what PATH makes of it is', async t => {
  const repo = await repository(t)
  const all = await loadInput(
    {from: [await written(repo, 'all', `${shop}\n---\n${route('cart', 'nowhere')}`)]},
    {cwd: repo.dir},
  )
  await repo.write('mesh.json', snapshotOf(all.objects, {anonymize: false}).text)
  const base = join(repo.dir, 'mesh.json')
  await repo.write('k8s/orders.yaml', route('orders', 'cart'))
  assert.deepEqual(found(await repo.vet({}, {base})), [], 'the fault of another repository')
  await repo.write('k8s/orders.yaml', route('orders', 'elsewhere'))
  const own = await repo.vet({}, {base})
  assert.deepEqual(new Set(found(own).map(one => one.split(' ')[1])), new Set(['orders']))
  assert.deepEqual(own.result.comparedWith, ['the base'])
})

async function written({dir, write}: Place, name: string, text: string): Promise<string> {
  await write(`${name}/all.yaml`, text)
  return join(dir, name)
}

// --- baseline --------------------------------------------------------------------------------

interface BaselineFile {
  findings: {fingerprint: string; rule: string}[]
}

test('a baseline only shrinks: what is mended goes, what is new is not let in', async t => {
  const repo = await repository(t)
  const baseline = join(repo.dir, 'known.json')
  const entries = async (): Promise<number> =>
    (JSON.parse(await readFile(baseline, 'utf8')) as BaselineFile).findings.length
  await repo.write('k8s/shop.yaml', shop)
  await repo.write('k8s/a.yaml', route('orders', 'nowhere'))
  const all = found(await repo.vet())
  const first = await repo.vet({baseline, writeBaseline: true})
  assert.deepEqual([found(first), first.failed, await entries()], [[], false, all.length])
  assert.deepEqual(first.result.baseline, {file: baseline, known: all.length, stale: 0, written: all.length})
  const text = await readFile(baseline, 'utf8')

  const second = await repo.vet({baseline})
  assert.deepEqual([found(second), second.failed], [[], false])
  assert.ok(second.result.suppressed.every(({by}) => by === 'baseline'))

  await repo.write('k8s/b.yaml', route('cart', 'elsewhere'))
  const third = await repo.vet({baseline, writeBaseline: true})
  assert.equal(third.failed, true, 'what is new is reported, and not let in')
  assert.ok(found(third).every(one => one.endsWith(' cart')))
  assert.equal(await readFile(baseline, 'utf8'), text)

  await repo.write('k8s/a.yaml', route('orders', 'orders'))
  await rm(join(repo.dir, 'k8s/b.yaml'))
  const stale = await repo.vet({baseline})
  assert.deepEqual(
    found(stale),
    all.map(() => 'baseline-stale '),
  )
  assert.deepEqual(
    stale.result.findings.map(({severity, file}) => [severity, file]),
    all.map(() => ['info', baseline]),
  )
  const lines = (await readFile(baseline, 'utf8')).split('\n')
  for (const {line} of stale.result.findings) assert.match(lines[line! - 1] ?? '', /"fingerprint"/)
  assert.equal(stale.failed, false)

  const shrunk = await repo.vet({baseline, writeBaseline: true})
  assert.deepEqual([found(shrunk), await entries()], [[], 0])
  await repo.write('k8s/a.yaml', route('orders', 'nowhere'))
  assert.equal(found(await repo.vet({baseline, writeBaseline: true})).length, all.length, 'it came back')
})

test('meshctl.yaml may insist that a baseline is kept small', async t => {
  const repo = await repository(t)
  const baseline = join(repo.dir, 'known.json')
  await repo.write('k8s/shop.yaml', shop)
  await repo.write('k8s/a.yaml', route('orders', 'nowhere'))
  await repo.vet({baseline, writeBaseline: true})
  await repo.write('k8s/a.yaml', route('orders', 'orders'))
  await repo.write('k8s/meshctl.yaml', 'vet: {rules: {baseline-stale: error}}')
  assert.equal((await repo.vet({baseline})).failed, true)
  await repo.write('k8s/meshctl.yaml', 'vet: {rules: {baseline-stale: "off"}}')
  assert.deepEqual(found(await repo.vet({baseline})), [])
})

test('a rule that did not run does not make its entries stale', async t => {
  const repo = await repository(t)
  const baseline = join(repo.dir, 'known.json')
  await repo.write('k8s/shop.yaml', shop)
  await repo.write('k8s/a.yaml', route('orders', 'nowhere'))
  const rules = new Set(found(await repo.vet({baseline, writeBaseline: true, failOn: 'never'})))
  assert.equal(rules.size, 0)
  const {findings} = JSON.parse(await readFile(baseline, 'utf8')) as BaselineFile
  const off = [...new Set(findings.map(({rule}) => `${rule}: "off"`))].join(', ')
  await repo.write('k8s/meshctl.yaml', `vet: {rules: {${off}}}`)
  assert.deepEqual(found(await repo.vet({baseline})), [])
})

for (const [title, text] of [
  ['nothing', null],
  ['no JSON', '{'],
  ['another schema', '{"schema": "x"}'],
] as const) {
  test(`a baseline that is ${title} is refused`, async t => {
    const repo = await repository(t)
    await repo.write('k8s/shop.yaml', shop)
    if (text !== null) await repo.write('known.json', text)
    const baseline = join(repo.dir, 'known.json')
    await assert.rejects(repo.vet({baseline}), MeshctlError)
    if (text !== null) await assert.rejects(repo.vet({baseline, writeBaseline: true}), MeshctlError)
  })
}

// --- meshctl.yaml ----------------------------------------------------------------------------

test('settings that do nothing are told where they stand', async t => {
  const repo = await repository(t)
  await repo.write('k8s/shop.yaml', shop)
  await repo.write(
    'k8s/meshctl.yaml',
    `vet:
  rules:
    no-such-rule: error
    retry-non-idempotent:
      options: {idempotent: 5, nonsense: 1}
    yaml-invalid: warning
  overrides:
    - rules: {nor-this-one: info}
`,
  )
  const {result} = await repo.vet()
  assert.deepEqual(
    result.findings.map(({messageId, severity, line, message}) => [
      messageId,
      severity,
      line,
      message.split(' ', 5).join(' '),
    ]),
    [
      ['no-rule', 'warning', 3, 'There is no rule no-such-rule,'],
      ['wrong-type', 'warning', 5, 'idempotent of retry-non-idempotent has to'],
      ['no-option', 'warning', 5, 'retry-non-idempotent has no option nonsense,'],
      ['no-rule', 'warning', 8, 'There is no rule nor-this-one,'],
    ],
  )
})
