import assert from 'node:assert/strict'
import {cp, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'node:test'
import type {TestContext} from 'node:test'

import {MeshctlError} from '../../src/cli/error.ts'
import {confirmClient, declareClient} from '../../src/flows/client-declarations.ts'
import type {NewDeclaration} from '../../src/flows/client-declarations.ts'
import {clients} from '../../src/flows/clients.ts'
import {importClients, parseCalls} from '../../src/flows/import-clients.ts'
import {loadInput} from '../../src/flows/load-input.ts'
import type {Input} from '../../src/flows/load-input.ts'
import {clientsText, declarationsText} from '../../src/render/clients.ts'
import {root} from '../cli/run-cli.ts'

import {plain} from '../../src/terminal/style.ts'

async function place(t: TestContext, config?: string): Promise<{dir: string; load: () => Promise<Input>}> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-clients-'))
  t.after(() => rm(dir, {recursive: true}))
  await cp(join(root, 'examples', 'bookinfo'), dir, {recursive: true})
  if (config !== undefined) await writeFile(join(dir, 'meshctl.yaml'), config)
  return {dir, load: async () => await loadInput({from: [dir]}, {cwd: dir})}
}

const known = (input: Input, name: string) =>
  clients(input).clients.find(({client}) => client.workload === name)
const asked = (more: Partial<NewDeclaration> = {}): NewDeclaration => ({
  client: 'batch/ratings-export',
  calls: [],
  reason: 'gone',
  until: null,
  ...more,
})

test('each client has what is known of it, with the place it is known from', async t => {
  const {load} = await place(t)
  const input = await load()
  const client = known(input, 'ratings-export')
  assert.equal(client?.known, 'inferred')
  assert.equal(client?.client.inMesh, false)
  assert.deepEqual(
    client?.calls.map(({server}) => `${server.namespace}/${server.service}:${server.port}`),
    ['bookinfo/ratings:9080'],
  )
  assert.match(client?.calls[0]?.knownBy[0]?.object?.file ?? '', /ratings-export\.yaml$/)
  assert.match(
    clientsText(clients(input), plain),
    /ratings-export {2}outside the mesh, calls inferred\n {4}- bookinfo\/ratings:9080 inferred/,
  )
})

test('of whom nothing is known comes first, with the command that says it', async t => {
  const {dir, load} = await place(t)
  const quiet =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: quiet, namespace: batch}\nspec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}\n'
  await writeFile(join(dir, 'quiet.yaml'), quiet)
  const result = clients(await load())
  assert.equal(result.clients[0]?.client.workload, 'quiet')
  assert.equal(result.clients[0]?.known, 'unknown')
  assert.match(clientsText(result, plain), /meshctl clients declare batch\/quiet --calls none/)
})

test('a declaration makes meshctl.yaml beside the manifests, and is in force at once', async t => {
  const {dir, load} = await place(t)
  const result = await declareClient(await load(), asked(), {cwd: dir, dryRun: false})
  assert.equal(result.written, true)
  assert.equal(
    await readFile(join(dir, 'meshctl.yaml'), 'utf8'),
    'clients:\n  - client: batch/ratings-export\n    calls: []\n    reason: gone\n',
  )
  const again = await load()
  assert.deepEqual(known(again, 'ratings-export')?.declaration, {reason: 'gone', until: null, expired: false})
  assert.equal(known(again, 'ratings-export')?.known, 'declared')
  const twice = await declareClient(again, asked(), {cwd: dir, dryRun: false})
  assert.deepEqual([twice.written, twice.diff], [false, ''])
})

test('what stands in the file stays: comments, order, other entries', async t => {
  const before = `# what we know
target: {mtls: walk} # no further
clients:
  # ask Ada
  - client: Deployment/batch/ratings-export # the old one
    calls: [bookinfo/ratings]
    reason: seen # in logs
  - {client: shop/other, calls: [], reason: x}
`
  const {dir, load} = await place(t, before)
  await declareClient(await load(), asked({calls: ['bookinfo/ratings:9080'], until: '2040-01-31'}), {
    cwd: dir,
    dryRun: false,
  })
  const after = await readFile(join(dir, 'meshctl.yaml'), 'utf8')
  for (const kept of [
    '# what we know',
    '# no further',
    '# ask Ada',
    '{client: shop/other, calls: [], reason: x}',
  ])
    assert.ok(after.includes(kept), kept)
  assert.match(after, /bookinfo\/ratings:9080/)
  assert.match(after, /until: '?"?2040-01-31/)
  assert.equal(after.match(/ratings-export/g)?.length, 1, 'the entry is changed, not joined by another')
  assert.deepEqual(clients(await load()).unmatched, ['shop/other'])
})

test('--dry-run shows and writes nothing', async t => {
  const {dir, load} = await place(t)
  const result = await declareClient(await load(), asked(), {cwd: dir, dryRun: true})
  assert.equal(result.written, false)
  assert.match(result.diff, /\+ +- client: batch\/ratings-export/)
  assert.match(declarationsText(result, plain), /nothing is written/)
  assert.ok(!(await readdir(dir)).includes('meshctl.yaml'))
})

test('confirming declares what is known, and only that', async t => {
  const {dir, load} = await place(t)
  const result = await confirmClient(
    await load(),
    {client: 'ratings-export', reason: 'asked', until: null},
    {cwd: dir, dryRun: true},
  )
  assert.deepEqual(result.declared, [asked({calls: ['bookinfo/ratings:9080'], reason: 'asked'})])
})

for (const [what, more, message] of [
  [
    'a service that is not there',
    {calls: ['bookinfo/rating:9080']},
    /no service bookinfo\/rating:9080.*ratings:9080/,
  ],
  ['a port that is not there', {calls: ['bookinfo/ratings:1']}, /no service bookinfo\/ratings:1/],
  ['a client that is not there', {client: 'batch/rating-export'}, /no client batch\/rating-export/],
  ['a day that is not there', {until: '2026-02-30'}, /a day of the calendar/],
  ['no reason', {reason: ' '}, /needs a reason/],
] as const) {
  test(`${what} is refused, and nothing is written`, async t => {
    const {dir, load} = await place(t)
    const input = await load()
    await assert.rejects(declareClient(input, asked(more), {cwd: dir, dryRun: false}), (error: unknown) => {
      assert.ok(error instanceof MeshctlError && error.details.try.length > 0)
      assert.match(error.message, message)
      return true
    })
    assert.ok(!(await readdir(dir)).includes('meshctl.yaml'))
  })
}

test('an import joins what is declared, and says what it skipped', async t => {
  const {dir, load} = await place(
    t,
    'clients: [{client: batch/ratings-export, calls: [bookinfo/details:9080], reason: old}]\n',
  )
  const file = join(dir, 'calls.csv')
  await writeFile(
    file,
    '\uFEFFserver,client,requests\r\n"bookinfo/ratings:9080",batch/ratings-export,20\r\nbookinfo/ratings:9080,batch/ratings-export,22\r\nbookinfo/none:1,batch/ratings-export,1\r\nbookinfo/ratings:9080,batch/gone,1\r\n\r\n',
  )
  const result = await importClients(await load(), file, {cwd: dir, dryRun: false, until: null})
  assert.deepEqual(result.declared, [
    asked({
      calls: ['bookinfo/details:9080', 'bookinfo/ratings:9080'],
      reason: 'observed: calls.csv, 42 requests',
    }),
  ])
  assert.deepEqual(
    result.skipped.map(({entry}) => entry),
    ['batch/ratings-export -> bookinfo/none:1', 'batch/gone -> bookinfo/ratings:9080'],
  )
})

test('an import of one call keeps the others that the manifest shows', async t => {
  const {dir, load} = await place(t)
  const file = join(dir, 'calls.json')
  const calls = [{client: 'batch/ratings-export', server: 'bookinfo/details:9080', requests: 2}]
  await writeFile(file, JSON.stringify({schema: 'meshctl/clients-observed/v1', calls}))
  const result = await importClients(await load(), file, {cwd: dir, dryRun: true, until: null})
  assert.deepEqual(
    result.declared.map(one => one.calls),
    [['bookinfo/ratings:9080', 'bookinfo/details:9080']],
  )
})

for (const [what, content, message] of [
  ['broken JSON', '[', /not JSON/],
  ['an entry without a server', '[{"client": "a"}]', /entry 1 lacks/],
  ['no head', 'a,b\nc,d', /columns client and server/],
  ['a short line', 'client,server\na', /line 2 lacks/],
] as const) {
  test(`${what} is no import`, () => {
    assert.throws(() => parseCalls(content, 'calls'), message)
  })
}

test('JSON is a list, or a list at calls', () => {
  const call = {client: 'a/b', server: 'c/d:1', requests: 3}
  assert.deepEqual(parseCalls(JSON.stringify([call]), 'x'), [call])
  assert.deepEqual(parseCalls(JSON.stringify({calls: [{...call, requests: 'many'}]}), 'x'), [
    {...call, requests: null},
  ])
})
