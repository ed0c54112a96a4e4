import assert from 'node:assert/strict'
import {mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import {planWrite, writeFiles} from '../../src/changes/write.ts'
import {MeshctlError} from '../../src/cli/error.ts'
import {parseText} from '../../src/objects/parse.ts'
import {create, load, named, remove, setOf, strict, treeOf, update, workspace} from './workspace.ts'

const two = `# about a
apiVersion: v1
kind: Service
metadata:
  name: a   # the name
  namespace: shop
spec: {ports: [{port: 80}]}
---
# about b
apiVersion: v1
kind: Service
metadata: {name: b, namespace: shop}
`

async function write(set: ChangeSet, dir: string, from: readonly string[]): Promise<readonly string[]> {
  const plan = await planWrite(set, {dir, from})
  writeFiles(plan.files)
  return plan.files.map(({path}) => path)
}

function refused(pattern: RegExp): (error: unknown) => boolean {
  return error =>
    error instanceof MeshctlError &&
    error.code === 'refused' &&
    pattern.test(error.message) &&
    error.details.try.length > 0
}

test('an object of a file in the directory is edited in place, and a second run writes nothing', async t => {
  const dir = workspace(t, {'k8s/all.yaml': two})
  const label = (objects: Awaited<ReturnType<typeof load>>): ChangeSet =>
    setOf(update(named(objects, 'a'), v => (v.metadata.labels = {app: 'a'})))
  assert.deepEqual(await write(label(await load(dir)), dir, [dir]), [join(dir, 'k8s/all.yaml')])
  assert.deepEqual(treeOf(dir), {
    'k8s/all.yaml': two.replace('  namespace: shop\nspec', '  namespace: shop\n  labels:\n    app: a\nspec'),
  })
  assert.deepEqual(await write(label(await load(dir)), dir, [dir]), [])
})

test('the whole edited file goes to the same path below another directory, and the source stays', async t => {
  const dir = workspace(t, {'in/k8s/all.yaml': two})
  const from = join(dir, 'in')
  const set = setOf(update(named(await load(from), 'b'), v => (v.metadata.labels = {app: 'b'})))
  await write(set, join(dir, 'out'), [from])
  const edited = two.replace('name: b, namespace: shop}', 'name: b, namespace: shop, labels: {app: b}}')
  assert.notEqual(edited, two)
  assert.deepEqual(treeOf(dir), {
    'in/k8s/all.yaml': two,
    'out/k8s/all.yaml': edited.replace(', labels: {app: b}}', ', labels: {app: b}}'),
  })
  assert.deepEqual(await write(set, join(dir, 'out'), [from]), [])
})

test('a second step over the same sources keeps what the first wrote', async t => {
  const dir = workspace(t, {'in/all.yaml': two})
  const [from, out] = [join(dir, 'in'), join(dir, 'out')]
  const objects = await load(from)
  await write(setOf(update(named(objects, 'a'), v => (v.metadata.labels = {app: 'a'}))), out, [from])
  await write(setOf(update(named(objects, 'a'), v => (v.metadata.annotations = {x: 'y2'}))), out, [from])
  const [a] = await load(out)
  assert.deepEqual(a?.value['metadata'], {
    name: 'a',
    namespace: 'shop',
    labels: {app: 'a'},
    annotations: {x: 'y2'},
  })
  const clash = setOf(update(named(objects, 'a'), v => (v.metadata.labels = {app: 'other'})))
  await assert.rejects(write(clash, out, [from]), refused(/metadata\.labels\.app differs/))
})

test('new objects get a file each, with their comments; one of no namespace goes to cluster/', async t => {
  const dir = workspace(t)
  const namespace = {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'shop'}}
  const yaml =
    '# why\napiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: s, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n'
  const set = setOf(create(strict('shop', 's'), yaml), create(namespace))
  await write(set, join(dir, 'out'), [])
  assert.deepEqual(treeOf(dir), {
    'out/cluster/namespace-shop.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n',
    'out/shop/peerauthentication-s.yaml': yaml,
  })
  assert.deepEqual(await write(set, join(dir, 'out'), []), [])
  await assert.rejects(
    write(setOf(create(strict('shop', 's', 'DISABLE'))), join(dir, 'out'), []),
    refused(/spec\.mtls\.mode differs/),
  )
})

test('YAML that does not mean the object is not written', async t => {
  const dir = workspace(t)
  await write(setOf(create(strict('shop', 's'), 'kind: Something\n')), dir, [])
  assert.deepEqual((await load(dir))[0]?.value, strict('shop', 's'))
})

test('two kinds of one name and different groups do not share a file', async t => {
  const dir = workspace(t)
  const gateway = (apiVersion: string): ReturnType<typeof strict> => ({
    apiVersion,
    kind: 'Gateway',
    metadata: {name: 'g', namespace: 'n1'},
  })
  const [first, second] = [
    create(gateway('networking.istio.io/v1')),
    create(gateway('gateway.networking.k8s.io/v1')),
  ]
  await write(setOf(first), dir, [])
  await write(setOf(second), dir, [])
  assert.deepEqual(Object.keys(treeOf(dir)), [
    'n1/gateway-g.yaml',
    'n1/gateway.gateway.networking.k8s.io-g.yaml',
  ])
  assert.deepEqual(await write(setOf(first, second), dir, []), [])
})

const names = [
  '../../etc/passwd',
  '..',
  '.',
  '/abs',
  'a/../../b',
  '.hidden',
  'UPPER',
  'a\u0000b',
  'x'.repeat(400),
  '...',
  '-rf',
  'é',
]

for (const name of names) {
  test(`the name ${JSON.stringify(name).slice(0, 30)} stays inside the directory`, async t => {
    const dir = workspace(t)
    const out = join(dir, 'out')
    const set = setOf({
      action: 'create',
      id: {cluster: '', apiVersion: 'v1', kind: 'Service', namespace: name, name},
      after: {apiVersion: 'v1', kind: 'Service', metadata: {name, namespace: name}},
      reason: '',
    })
    await write(set, out, [])
    const [path, ...rest] = Object.keys(treeOf(dir))
    assert.deepEqual(rest, [])
    assert.match(path!, /^out\/(cluster|[a-z0-9_][a-z0-9._-]*)\/service-[a-z0-9._-]*\.yaml$/)
    assert.deepEqual(await write(set, out, []), [])
  })
}

test('names that differ only in what a file name cannot hold get different files', async t => {
  const dir = workspace(t)
  await write(
    setOf(create(strict('shop', 'a/b')), create(strict('shop', 'a:b')), create(strict('shop', 'a-b'))),
    dir,
    [],
  )
  assert.equal(Object.keys(treeOf(dir)).length, 3)
})

test('a deleted object takes its document along, the last one its file', async t => {
  const dir = workspace(t, {'all.yaml': two})
  await write(setOf(remove(named(await load(dir), 'a'))), dir, [dir])
  assert.deepEqual(treeOf(dir), {'all.yaml': two.slice(two.indexOf('# about b'))})
  await write(setOf(remove(named(await load(dir), 'b'))), dir, [dir])
  assert.deepEqual(treeOf(dir), {})
})

test('the middle and the last of several documents go with one separator', async t => {
  const dir = workspace(t, {
    'all.yaml': `---\n${two}---\n# about c\n{apiVersion: v1, kind: Service, metadata: {name: c}}\n`,
  })
  const objects = await load(dir)
  await write(setOf(remove(named(objects, 'b')), remove(named(objects, 'c'))), dir, [dir])
  assert.deepEqual(treeOf(dir), {'all.yaml': `---\n${two.slice(0, two.indexOf('---'))}`})
})

test('items of Lists are edited and go, in YAML and in JSON', async t => {
  const yaml =
    'apiVersion: v1\nkind: List\nitems:\n# one\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n# two\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b # b\n'
  const json =
    '{\n    "kind": "ServiceList",\n    "apiVersion": "v1",\n    "items": [\n        {"metadata": {"name": "c"}},\n        {"metadata": {"name": "d"}}\n    ]\n}\n'
  const dir = workspace(t, {'a.yaml': yaml, 'b.json': json})
  const objects = await load(dir)
  const label = (v: any): unknown => (v.metadata.labels = {x: 'z'})
  await write(
    setOf(
      remove(named(objects, 'a')),
      update(named(objects, 'b'), label),
      update(named(objects, 'c'), label),
      remove(named(objects, 'd')),
    ),
    dir,
    [dir],
  )
  assert.deepEqual(treeOf(dir), {
    'a.yaml':
      'apiVersion: v1\nkind: List\nitems:\n# one\n# two\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b # b\n    labels:\n      x: z\n',
    'b.json':
      '{\n    "kind": "ServiceList",\n    "apiVersion": "v1",\n    "items": [\n        {"metadata": {"name": "c", "labels": {"x": "z"}}}\n    ]\n}\n',
  })
  const left = await load(dir)
  await write(setOf(...left.map(remove)), dir, [dir])
  assert.deepEqual(treeOf(dir), {})
})

test('objects from stdin become files of their own', async t => {
  const dir = workspace(t)
  const objects = parseText(two, '-').objects
  await write(setOf(update(named(objects, 'a'), v => (v.metadata.labels = {app: 'a'}))), dir, ['-'])
  assert.deepEqual(Object.keys(treeOf(dir)), ['shop/service-a.yaml'])
})

test('the nearest kustomization inside the directory lists new files, and no longer those that go', async t => {
  const kustomization =
    '# what belongs here\nresources:\n  - all.yaml   # ours\n  - ./shop/old.yaml\nsortOptions: {order: fifo}\n'
  const dir = workspace(t, {
    'all.yaml': two,
    'kustomization.yaml': kustomization,
    'other/kustomization.yml': 'kind: Kustomization\n',
  })
  await write(setOf(create(strict('shop', 's')), create(strict('other', 's'))), dir, [dir])
  const tree = treeOf(dir)
  assert.equal(
    tree['kustomization.yaml'],
    kustomization.replace('old.yaml\n', 'old.yaml\n  - shop/peerauthentication-s.yaml\n'),
  )
  assert.equal(
    tree['other/kustomization.yml'],
    'kind: Kustomization\nresources:\n  - peerauthentication-s.yaml\n',
  )
  await write(
    setOf(...(await load(dir)).filter(object => object.id.kind === 'PeerAuthentication').map(remove)),
    dir,
    [dir],
  )
  assert.equal(treeOf(dir)['kustomization.yaml'], kustomization)
  await write(setOf(...(await load(dir)).map(remove)), dir, [dir])
  assert.equal(treeOf(dir)['kustomization.yaml'], kustomization.replace('  - all.yaml   # ours\n', ''))
})

test('a kustomization above the directory is left alone', async t => {
  const dir = workspace(t, {'kustomization.yaml': 'resources: []\n', 'out/x.txt': ''})
  await write(setOf(create(strict('shop', 's'))), join(dir, 'out'), [])
  assert.equal(treeOf(dir)['kustomization.yaml'], 'resources: []\n')
})

test('a source that changed since it was read is refused, by the plan and by the write', async t => {
  const dir = workspace(t, {'all.yaml': two})
  const set = setOf(
    update(named(await load(dir), 'b'), v => (v.metadata.labels = {app: 'b'})),
    create(strict('shop', 's')),
  )
  const plan = await planWrite(set, {dir, from: [dir]})
  writeFileSync(join(dir, 'all.yaml'), `# hi\n${two}`)
  const tree = treeOf(dir)
  await assert.rejects(planWrite(set, {dir, from: [dir]}), refused(/all\.yaml has changed since it was read/))
  assert.throws(() => writeFiles(plan.files), refused(/all\.yaml has changed since it was read/))
  assert.deepEqual(treeOf(dir), tree)
})

test('links that lead out of the directory are refused, links inside it followed', async t => {
  const dir = workspace(t, {'elsewhere/all.yaml': two, 'out/real/x.txt': ''})
  const out = join(dir, 'out')
  symlinkSync(join(dir, 'elsewhere'), join(out, 'shop'))
  symlinkSync(join(out, 'real'), join(out, 'inside'))
  symlinkSync(join(dir, 'nowhere'), join(out, 'dangling'))
  await assert.rejects(write(setOf(create(strict('shop', 's'))), out, []), refused(/leads out of/))
  await assert.rejects(write(setOf(create(strict('dangling', 's'))), out, []), refused(/link to nowhere/))
  const objects = await load(join(out, 'shop'))
  await assert.rejects(
    write(setOf(update(named(objects, 'a'), v => (v.spec = {}))), out, [out]),
    refused(/leads out of/),
  )
  await write(setOf(create(strict('inside', 's'))), out, [])
  assert.deepEqual(Object.keys(treeOf(join(out, 'real'))), ['peerauthentication-s.yaml', 'x.txt'])
  assert.deepEqual(treeOf(join(dir, 'elsewhere')), {'all.yaml': two})
})

test('a directory in the place of a file, or a file in that of the directory, is refused', async t => {
  const dir = workspace(t, {'out/shop/peerauthentication-s.yaml/x': '', file: ''})
  await assert.rejects(
    write(setOf(create(strict('shop', 's'))), join(dir, 'out'), []),
    refused(/is in the way/),
  )
  await assert.rejects(
    write(setOf(create(strict('shop', 's'))), join(dir, 'file'), []),
    /is a file, not a directory/,
  )
})

test('when one file of several cannot be written, none is', async t => {
  const dir = workspace(t, {'a.yaml': 'old a\n', 'gone.yaml': 'to be deleted\n', 'z.yaml': 'old z\n'})
  const before = treeOf(dir)
  const file = (name: string, old: string | null, after: string | null) => ({
    path: name,
    real: join(dir, name),
    before: old,
    after,
  })
  const files = [
    file('a.yaml', 'old a\n', 'new a\n'),
    file('gone.yaml', 'to be deleted\n', null),
    file('new/deep/b.yaml', null, 'b\n'),
    // When its turn to be renamed comes, the directory of the next stands in its place.
    file('taken', null, 'c\n'),
    file('taken/below.yaml', null, 'd\n'),
    file('z.yaml', 'old z\n', 'new z\n'),
  ]
  assert.throws(
    () => writeFiles(files),
    (error: unknown) => error instanceof MeshctlError && /so none was/.test(error.message),
  )
  assert.deepEqual(treeOf(dir), before)
  rmSync(dir, {recursive: true})
  mkdirSync(dir)
  writeFileSync(join(dir, 'not-a-directory'), '')
  assert.throws(() => writeFiles([file('b.yaml', null, 'b\n'), file('not-a-directory/c.yaml', null, 'c\n')]))
  assert.deepEqual(treeOf(dir), {'not-a-directory': ''})
})

test('every document of every file may change at once', async t => {
  const dir = workspace(t, {
    'all.yaml': two,
    'crlf.yaml': two.replaceAll('shop', 'crlf').replaceAll('\n', '\r\n'),
  })
  const set = setOf(
    ...(await load(dir)).map(object => update(object, v => (v.metadata.labels = {app: object.id.name}))),
  )
  await write(set, dir, [dir])
  for (const object of await load(dir))
    assert.deepEqual((object.value['metadata'] as any).labels, {app: object.id.name})
  assert.equal(readFileSync(join(dir, 'crlf.yaml'), 'utf8').replaceAll('\r\n', '').includes('\n'), false)
})
