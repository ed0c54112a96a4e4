import assert from 'node:assert/strict'
import {mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {test} from 'node:test'
import type {TestContext} from 'node:test'

import {MeshctlError} from '../../src/cli/error.ts'
import {loadInput} from '../../src/flows/load-input.ts'
import {vetInput} from '../../src/flows/vet.ts'
import type {VetRequest} from '../../src/flows/vet.ts'
import {callName, harmOf, withTriedFixes} from '../../src/flows/vet-safety.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {parseText} from '../../src/objects/parse.ts'
import {setting} from '../../src/vet/edits.ts'
import type {VetResult} from '../../src/vet/finding.ts'
import {rules} from '../../src/vet/rules/registry.ts'
import {app, istio, namespace} from '../stages/manifests.ts'
import {vet} from '../../src/vet/vet.ts'
import {service, serviceRule} from '../vet/make.ts'
import {fixturesOf} from '../vet/rules/fixtures.ts'

type Files = Readonly<Record<string, string>>

async function directory(t: TestContext, files: Files): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'meshctl-fix-'))
  t.after(() => rm(dir, {recursive: true}))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), {recursive: true})
    await writeFile(join(dir, name), text)
  }
  return dir
}

async function vetDir(dir: string, request: Partial<VetRequest> = {}): Promise<VetResult> {
  const input = await loadInput({from: [dir]}, {cwd: dir, problemsAreFindings: true})
  const {result} = await vetInput(input, {failOn: undefined, cwd: dir, ...request})
  return result
}

const fixedIn = ({fixes}: VetResult): readonly string[] =>
  (fixes?.fixed ?? []).map(({rule, kind}) => `${kind} ${rule}`).sort()

const old = `# the routes of the shop
apiVersion: networking.istio.io/v1beta1   # to be moved
kind: VirtualService
metadata:   {name: orders, namespace: shop}
spec:
    hosts: [  orders  ]
    http:
    # all of it
    - route: [{destination: {host: orders}}]
---
apiVersion: networking.istio.io/v1alpha3
kind: DestinationRule
metadata: {name: orders, namespace: shop}
spec:
  host: orders
  trafficPolicy: {loadBalancer: {simple: LEAST_CONN}}  # few requests each
...
`

test('--fix changes what it means to change, to the byte; a second time it changes nothing', async t => {
  const dir = await directory(t, {'a.yaml': old})
  const result = await vetDir(dir, {fix: 'safe'})
  assert.deepEqual(fixedIn(result), [
    'safe deprecated-field',
    'safe legacy-api-version',
    'safe legacy-api-version',
  ])
  assert.deepEqual(result.fixes?.files, [join(dir, 'a.yaml')])
  const wanted = old.replace('v1beta1', 'v1').replace('v1alpha3', 'v1').replace('LEAST_CONN', 'LEAST_REQUEST')
  assert.equal(await readFile(join(dir, 'a.yaml'), 'utf8'), wanted)
  assert.deepEqual(
    result.findings.filter(({fix}) => fix?.kind === 'safe'),
    [],
    'what remains is told of the files as they are now',
  )
  const before = (await stat(join(dir, 'a.yaml'))).mtimeMs
  assert.deepEqual(fixedIn(await vetDir(dir, {fix: 'safe'})), [])
  assert.equal((await stat(join(dir, 'a.yaml'))).mtimeMs, before, 'not even written')
  assert.deepEqual(await readdir(dir), ['a.yaml'], 'nothing is left beside it')
})

test('CRLF, a missing last line break, a List and JSON stay what they are', async t => {
  const crlf = old.replaceAll('\n', '\r\n')
  const item = {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'Sidecar',
    metadata: {name: 'default', namespace: 'shop'},
    spec: {egress: [{hosts: ['./*']}]},
  }
  const json = JSON.stringify({apiVersion: 'v1', kind: 'List', items: [item]}, null, 4)
  const dir = await directory(t, {'a.yaml': crlf, 'b.json': json})
  await vetDir(dir, {fix: 'safe'})
  const yaml = await readFile(join(dir, 'a.yaml'), 'utf8')
  assert.equal(
    yaml,
    crlf.replace('v1beta1', 'v1').replace('v1alpha3', 'v1').replace('LEAST_CONN', 'LEAST_REQUEST'),
  )
  assert.equal(await readFile(join(dir, 'b.json'), 'utf8'), json.replace('v1beta1', 'v1'))
})

const faulty = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: orders, namespace: shop}
spec:
  hosts: [orders.shop.svc.cluster.local]
  http:
    - fault: {abort: {httpStatus: 503, percentage: {value: 10}}}
      route: [{destination: {host: orders.shop.svc.cluster.local}}]
`

test('what changes what happens waits for --fix-unsafe, which names the calls', async t => {
  const shop = [
    namespace('shop'),
    app('orders'),
    app('page', {env: {ORDERS_URL: 'http://orders.shop'}}),
    faulty,
  ].join('\n---\n')
  const dir = await directory(t, {'shop.yaml': shop})
  const safe = await vetDir(dir, {fix: 'safe'})
  assert.deepEqual(fixedIn(safe), [])
  assert.equal(await readFile(join(dir, 'shop.yaml'), 'utf8'), shop)
  assert.ok(safe.findings.some(({rule, fix}) => rule === 'fault-left-in' && fix?.kind === 'unsafe'))
  const unsafe = await vetDir(dir, {fix: 'unsafe'})
  assert.deepEqual(fixedIn(unsafe), ['unsafe fault-left-in'])
  assert.match(unsafe.fixes?.calls.join() ?? '', /shop\/page -> orders\.shop\.svc\.cluster\.local:\d+/)
  assert.doesNotMatch(await readFile(join(dir, 'shop.yaml'), 'utf8'), /fault/)
})

test('a fix that claims to be safe and changes a call on this mesh is not safe, and says which', () => {
  const text = [
    namespace('shop'),
    app('orders'),
    app('page', {env: {ORDERS_URL: 'http://orders.shop'}}),
  ].join('\n---\n')
  const rule = istio('DestinationRule', 'orders', 'host: orders.shop.svc.cluster.local')
  const {objects} = parseText(`${text}\n---\n${rule}`, 'shop.yaml')
  const mesh = buildMesh(objects)
  const destination = mesh.objects('DestinationRule')[0]!
  const claim = (path: readonly string[], value: string) =>
    serviceRule(
      {id: `claims-${value.toLowerCase()}`},
      {
        object: destination,
        path: ['spec', 'host'],
        fix: {
          kind: 'safe',
          description: 'Surely.',
          changes: [setting(destination, ['spec', ...path], value, 'claimed')],
        },
      },
    )
  const claims = [
    claim(['trafficPolicy', 'tls', 'mode'], 'DISABLE'),
    claim(['trafficPolicy', 'loadBalancer', 'simple'], 'RANDOM'),
  ]
  const result = vet(mesh, {config: {}, problems: [], rules: claims})
  const tried = withTriedFixes(result, {
    objects: mesh.objects(),
    mesh,
    rebuild: other => buildMesh(other),
  })
  const kinds = Object.fromEntries(tried.findings.map(({rule: id, fix}) => [id, fix?.kind]))
  assert.deepEqual(kinds, {'claims-disable': 'unsafe', 'claims-random': 'safe'})
  const because = tried.findings.find(({rule: id}) => id === 'claims-disable')?.fix?.because
  assert.match(because ?? '', /^it changes shop\/page -> orders\.shop/)
})

test('harm is any change of a working call, and none of a failing one', () => {
  const text = [
    namespace('shop'),
    app('orders'),
    app('page', {env: {ORDERS_URL: 'http://orders.shop'}}),
  ].join('\n---\n')
  const mesh = (more: string) => buildMesh(parseText(`${text}\n---\n${more}`, 'a.yaml').objects)
  const plain = mesh('')
  const broken = mesh(faulty.replace('value: 10', 'value: 100').replace('503', '500'))
  assert.deepEqual(harmOf(plain, plain), [])
  assert.deepEqual(harmOf(plain, broken).map(callName), ['shop/page -> orders.shop.svc.cluster.local:80'])
})

test('standard input and a cluster cannot be fixed; a snapshot is not', async t => {
  const dir = await directory(t, {'a.yaml': old})
  const input = await loadInput({from: [dir]}, {cwd: dir})
  for (const from of [[], ['-']])
    await assert.rejects(vetInput({...input, from}, {fix: 'safe', cwd: dir}), (error: unknown) => {
      assert.ok(error instanceof MeshctlError)
      assert.match(error.message, /--fix edits files/)
      return error.exitCode === 2
    })
  const snapshot = JSON.stringify({
    schema: 'meshctl/snapshot/v1',
    objects: input.objects.map(({value}) => value),
  })
  const other = await directory(t, {'mesh.json': snapshot})
  assert.deepEqual(fixedIn(await vetDir(other, {fix: 'unsafe'})), [])
  assert.equal(await readFile(join(other, 'mesh.json'), 'utf8'), snapshot)
})

test('what is suppressed or in the baseline is left alone', async t => {
  const quiet = old.replace(
    'metadata:   {name: orders, namespace: shop}',
    'metadata: {name: orders, namespace: shop, annotations: {meshctl.dev/ignore: legacy-api-version -- next month}}',
  )
  const dir = await directory(t, {'a.yaml': quiet})
  await vetDir(dir, {baseline: join(dir, 'known.txt'), writeBaseline: true})
  assert.deepEqual(fixedIn(await vetDir(dir, {baseline: join(dir, 'known.txt'), fix: 'safe'})), [])
  assert.deepEqual(fixedIn(await vetDir(dir, {fix: 'safe'})), [
    'safe deprecated-field',
    'safe legacy-api-version',
  ])
  assert.match(await readFile(join(dir, 'a.yaml'), 'utf8'), /v1beta1/)
})

test('suppressions that hide nothing are taken out, one by one, and the annotations with the last', async t => {
  const noted = service('orders').replace(
    'namespace: shop',
    'namespace: shop\n  annotations: # said once\n    meshctl.dev/ignore: fault-left-in -- a test; vs-no-default-route',
  )
  const dir = await directory(t, {'a.yaml': noted})
  const result = await vetDir(dir, {fix: 'safe'})
  assert.deepEqual(fixedIn(result), ['safe unused-suppression', 'safe unused-suppression'])
  const text = await readFile(join(dir, 'a.yaml'), 'utf8')
  assert.doesNotMatch(text, /meshctl\.dev|annotations/)
  assert.deepEqual(
    parseText(text, 'a.yaml').objects[0]?.value,
    parseText(service('orders'), 'a.yaml').objects[0]?.value,
  )
})

test('every fix there is: made in a file it leaves the comments, ends, and does not come again', async t => {
  let made = 0
  for (const rule of rules) {
    for (const fixture of fixturesOf(join(import.meta.dirname, '../vet/rules', rule.area, rule.id), 'bad')) {
      const text = fixture.text
      const dir = await directory(t, {'a.yaml': text})
      const first = await vetDir(dir, {fix: 'unsafe'})
      const number = first.fixes?.fixed.length ?? 0
      if (number === 0) continue
      made += number
      const after = await readFile(join(dir, 'a.yaml'), 'utf8').catch(() => '')
      const again = await vetDir(dir, {fix: 'unsafe'})
      assert.deepEqual(fixedIn(again), [], `${rule.id} ${fixture.name}: a second time`)
      assert.equal(await readFile(join(dir, 'a.yaml'), 'utf8').catch(() => ''), after)
      const kept = linesWithComments(after)
      const lost = linesWithComments(text).filter(comment => !kept.includes(comment))
      assert.deepEqual(
        lost.filter(comment => !first.fixes!.fixed.some(({line}) => nearby(text, comment, line))),
        [],
        `${rule.id} ${fixture.name}: comments are lost\n${after}`,
      )
    }
  }
  assert.ok(made > 50, `only ${made} fixes were tried`)
})

const linesWithComments = (text: string): readonly string[] =>
  text.split('\n').flatMap(line => /(?:^|\s)#.*$/.exec(line)?.[0].trim() ?? [])

/** A comment beside a value goes with it. */
function nearby(text: string, comment: string, line: number | null): boolean {
  return text
    .split('\n')
    .some((one, index) => one.includes(comment) && Math.abs(index + 1 - (line ?? 0)) <= 6)
}
