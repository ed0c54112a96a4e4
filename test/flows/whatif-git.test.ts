import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'node:test'
import type {TestContext} from 'node:test'

import {MeshctlError} from '../../src/cli/error.ts'
import {loadInput} from '../../src/flows/load-input.ts'
import {whatifGit} from '../../src/flows/whatif-git.ts'
import type {WhatifGitResult} from '../../src/flows/whatif-git.ts'
import {whatifGitText, whatifMarkdown} from '../../src/render/whatif-markdown.ts'
import {plain} from '../../src/terminal/style.ts'
import {app, istio, namespace, workload} from '../stages/manifests.ts'

const report = workload('report', {namespace: 'batch', env: {CART_URL: 'http://cart.shop'}})
const strict = istio('PeerAuthentication', 'default', 'mtls: {mode: STRICT}')
const shop = [namespace('shop'), app('cart'), app('page', {env: {CART_URL: 'http://cart'}}), report].join(
  '\n---\n',
)

interface Repository {
  readonly dir: string
  write(file: string, text: string): Promise<void>
  commit(message: string): string
  git(...args: string[]): string
}

async function repository(t: TestContext): Promise<Repository> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-git-'))
  t.after(() => rm(dir, {recursive: true}))
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  git('init', '-q', '-b', 'main')
  return {
    dir,
    git,
    write: async (file, text) => {
      await mkdir(join(dir, file, '..'), {recursive: true})
      await writeFile(join(dir, file), text)
    },
    commit: message => {
      git('add', '-A')
      git('commit', '-q', '-m', message)
      return git('rev-parse', 'HEAD')
    },
  }
}

async function replay({dir}: Repository, range: string, path = '.'): Promise<WhatifGitResult> {
  const input = await loadInput({from: [join(dir, path)]}, {cwd: dir, problemsAreFindings: true})
  return await whatifGit(input, range, dir)
}

const edges = ({edges: all}: WhatifGitResult): readonly string[] =>
  all.map(({effect, client, server}) => `${effect} ${client.workload} -> ${server.service}`)

test("last year's STRICT: the calls that it broke, and the object that did it with its place", async t => {
  const repo = await repository(t)
  await repo.write('deploy/shop.yaml', shop)
  const first = repo.commit('one')
  await repo.write('deploy/strict.yaml', `# everybody\n${strict}`)
  const second = repo.commit('two')
  const result = await replay(repo, `${first}..${second}`)
  assert.deepEqual(edges(result), ['broken report -> cart'])
  assert.deepEqual(
    result.git.changes.map(({action, object}) => `${action} ${object.name} ${object.file ?? ''}`),
    [`create default ${second}:deploy/strict.yaml`],
  )
  assert.match(whatifGitText(result, plain), /1 call breaks, here it is/)
})

test('what is checked out does not matter, and is not touched', async t => {
  const repo = await repository(t)
  await repo.write('shop.yaml', shop)
  repo.commit('one')
  await repo.write('strict.yaml', strict)
  repo.commit('two')
  await repo.write('strict.yaml', 'kind: [')
  const before = repo.git('status', '--porcelain')
  assert.deepEqual(edges(await replay(repo, 'HEAD~1..HEAD')), ['broken report -> cart'])
  assert.deepEqual(edges(await replay(repo, 'HEAD..HEAD~1')), ['improved report -> cart'])
  assert.deepEqual(edges(await replay(repo, 'HEAD~1..')), ['broken report -> cart'], 'up to HEAD')
  assert.equal(repo.git('status', '--porcelain'), before)
})

test('only what lies below --from counts; hidden folders, charts and meshctl.yaml do not', async t => {
  const repo = await repository(t)
  await repo.write('deploy/shop.yaml', shop)
  repo.commit('one')
  for (const file of [
    'other/strict.yaml',
    'deploy/.old/strict.yaml',
    'deploy/node_modules/strict.yaml',
    'deploy/chart/templates/strict.yaml',
  ])
    await repo.write(file, strict)
  await repo.write('deploy/chart/Chart.yaml', 'name: x')
  await repo.write('deploy/meshctl.yaml', 'clients: []')
  await repo.write('deploy/package.json', '{"name": "x"}')
  repo.commit('two')
  const result = await replay(repo, 'HEAD~1..HEAD', 'deploy')
  assert.deepEqual([edges(result), result.git.changes], [[], []])
  assert.match(whatifGitText(result, plain), /no call that works breaks/)
})

test('a file of history that cannot be read is said, and the rest is replayed', async t => {
  const repo = await repository(t)
  await repo.write('shop.yaml', shop)
  await repo.write('torn.yaml', 'kind: [')
  repo.commit('one')
  await repo.write('strict.yaml', strict)
  repo.commit('two')
  const result = await replay(repo, 'HEAD~1..HEAD')
  assert.deepEqual(edges(result), ['broken report -> cart'])
  assert.match(result.gaps.map(({kind}) => kind).join(), /HEAD~1:torn\.yaml:1/)
})

test('an object that goes is a change too', async t => {
  const repo = await repository(t)
  await repo.write('shop.yaml', shop)
  await repo.write('strict.yaml', strict)
  repo.commit('one')
  await rm(join(repo.dir, 'strict.yaml'))
  repo.commit('two')
  const result = await replay(repo, 'HEAD~1..HEAD')
  assert.deepEqual([result.applied, result.deleted], [0, 1])
  assert.deepEqual(edges(result), ['improved report -> cart'])
})

for (const [range, message] of [
  ['HEAD', /two commits as A\.\.B/],
  ['..HEAD', /two commits/],
  ['HEAD...HEAD', /two commits/],
  ['nowhere..HEAD', /no commit nowhere/],
  ['--output=x..HEAD', /no commit --output=x/],
] as const) {
  test(`${range} is no range`, async t => {
    const repo = await repository(t)
    await repo.write('shop.yaml', shop)
    repo.commit('one')
    await assert.rejects(replay(repo, range), (error: unknown) => {
      assert.ok(error instanceof MeshctlError && error.details.try.length > 0)
      assert.match(error.message, message)
      return true
    })
  })
}

test('a folder outside any repository says so', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-nogit-'))
  t.after(() => rm(dir, {recursive: true}))
  await writeFile(join(dir, 'shop.yaml'), shop)
  const input = await loadInput({from: [dir]}, {cwd: dir})
  await assert.rejects(whatifGit(input, 'A..B', dir), MeshctlError)
})

test('Markdown has the broken calls in a table, and lets nothing out of it', async t => {
  const repo = await repository(t)
  await repo.write('shop.yaml', shop)
  repo.commit('one')
  await repo.write('a|<b>`_c.yaml', strict)
  repo.commit('two')
  const markdown = whatifMarkdown(await replay(repo, 'HEAD~1..HEAD'), plain)
  assert.match(markdown, /\*\*❌ 1 call breaks\.\*\*/)
  assert.match(markdown, /### Calls that would fail\n\n\| call \| known \| before \| after \|\n\|---/)
  assert.match(
    markdown,
    /\| `batch\/report → shop\/cart:80` \| inferred \| ok over plaintext \| fails: connection reset/,
  )
  assert.match(markdown, /a\\\|&lt;b&gt;\\`\\_c\.yaml/)
  assert.doesNotMatch(markdown, /<b>/)
})
