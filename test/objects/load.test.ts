import assert from 'node:assert/strict'
import {chmod, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join, relative} from 'node:path'
import {test} from 'node:test'
import type {TestContext} from 'node:test'
import {MeshctlError} from '../../src/cli/error.ts'
import {loadPaths} from '../../src/objects/load.ts'

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`

async function folder(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'meshctl-load-'))
  t.after(() => rm(root, {recursive: true, force: true}))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), {recursive: true})
    await writeFile(join(root, path), content)
  }
  return root
}

/** What was read, with paths below the folder. */
async function read(root: string, paths: string[] = [root]) {
  const loaded = await loadPaths(paths)
  return {
    names: loaded.objects.map(({id}) => id.name),
    problems: loaded.problems.map(
      ({file, line, column, code, severity}) =>
        `${relative(root, file)}:${line}:${column} ${code}${severity === undefined ? '' : ` (${severity})`}`,
    ),
    files: loaded.files.map(file => relative(root, file)),
  }
}

test('Reads a directory with what is below it, in one order, and passes over what is no manifest', async t => {
  const root = await folder(t, {
    'b.yaml': namespace('b'),
    'a/z.yml': namespace('z'),
    'a/y.json': '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "y"}}',
    'A.YAML': namespace('upper'),
    'notes.txt': 'not read',
    'meshctl.yaml': 'clients: []',
    'meshctl.yml': 'clients: []',
    'kustomization.yaml': 'resources: [b.yaml]',
    '.git/c.yaml': namespace('hidden'),
    '.meshctl/ledger/x.yaml': namespace('ledger'),
    '.hidden.yaml': namespace('hidden'),
    'node_modules/p/d.yaml': namespace('dependency'),
    'package.json': '{"name": "x"}',
    'dashboard.json': '{"panels": []}',
    'values.yaml': 'replicas: 3',
    'base/values-prod.yaml': 'replicas: 3',
  })
  const {names, problems, files} = await read(root)
  assert.deepEqual(names, ['upper', 'y', 'z', 'b'])
  assert.deepEqual(problems, [])
  assert.deepEqual(files.slice(0, 3), ['A.YAML', 'a/y.json', 'a/z.yml'])
})

test('Reads files, directories and stdin in the order given, each file once', async t => {
  const root = await folder(t, {
    'a.yaml': namespace('a'),
    'd/b.yaml': namespace('b'),
    'no-ending': namespace('c'),
  })
  const paths = [
    join(root, 'no-ending'),
    '-',
    join(root, 'd'),
    join(root, 'd', 'b.yaml'),
    join(root, 'a.yaml'),
    '-',
  ]
  const loaded = await loadPaths(paths, {readStdin: async () => namespace('piped')})
  assert.deepEqual(
    loaded.objects.map(({id}) => id.name),
    ['c', 'piped', 'b', 'a'],
  )
  assert.deepEqual(
    loaded.objects.map(({source}) => source?.file),
    [paths[0], '-', join(root, 'd', 'b.yaml'), join(root, 'a.yaml')],
  )
  assert.deepEqual(loaded.files, [paths[0], '-', join(root, 'd', 'b.yaml'), join(root, 'a.yaml')])
})

test('Never takes meshctl.yaml for an object, even when it is named', async t => {
  const root = await folder(t, {'meshctl.yaml': 'clients: []'})
  assert.deepEqual(await read(root, [join(root, 'meshctl.yaml')]), {names: [], problems: [], files: []})
})

test('Points at a chart once, and reads the plain files beside its templates', async t => {
  const root = await folder(t, {
    'chart/Chart.yaml': 'apiVersion: v2\nname: x\nversion: 1.0.0\n',
    'chart/values.yaml': 'a: b',
    'chart/templates/a.yaml': 'kind: {{ .Values.kind }}',
    'chart/templates/b.yaml': '{{ include "x" . }}',
    'chart/crds/c.yaml': namespace('crd'),
    'plain.yaml': namespace('plain'),
  })
  const {names, problems} = await read(root)
  assert.deepEqual(names, ['crd', 'plain'])
  assert.deepEqual(problems, ['chart/Chart.yaml:1:1 unrendered-template (warning)'])
  const [problem] = (await loadPaths([root])).problems
  assert.equal(problem?.try, `helm template ${join(root, 'chart')} | meshctl vet -`)
})

for (const [title, files, asked, hint] of [
  ['one that only gathers is read as it is', {'k/kustomization.yaml': 'resources: [a.yaml, sub]'}, '', null],
  ['a prefix', {'k/kustomization.yml': 'namePrefix: x-\nresources: [a.yaml]'}, '', /with namePrefix/],
  ['a patch', {'k/Kustomization': 'patches: [{path: a.yaml}]'}, '', /with patches/],
  [
    'a base elsewhere',
    {'k/kustomization.yaml': 'resources: [../base]'},
    'k',
    /with \.\.\/base, which lies elsewhere/,
  ],
  ['a base inside', {'k/kustomization.yaml': 'resources: [../base]'}, '', null],
  [
    'an address',
    {'k/kustomization.yaml': 'resources: ["https://example.org/x"]'},
    '',
    /example\.org\/x, which lies/,
  ],
  ['itself', {'k/kustomization.yaml': 'resources: [a.yaml]'}, 'k/kustomization.yaml', /holds none/],
] as const) {
  test(`A kustomization is pointed at where it has to be built: ${title}`, async t => {
    const root = await folder(t, {'k/a.yaml': namespace('a'), ...files})
    const {problems} = await loadPaths([join(root, asked)])
    assert.deepEqual(
      problems.map(problem => [problem.code, problem.try]),
      hint === null ? [] : [['unrendered-template', `kustomize build ${join(root, 'k')} | meshctl vet -`]],
    )
    if (hint !== null) assert.match(problems[0]?.message ?? '', hint)
  })
}

test('A chart named by its own file is pointed at', async t => {
  const root = await folder(t, {'x/Chart.yaml': 'apiVersion: v2\nname: x\n'})
  const {problems, objects} = await loadPaths([join(root, 'x/Chart.yaml')])
  assert.deepEqual(
    [objects, problems.map(problem => problem.try)],
    [[], [`helm template ${join(root, 'x')} | meshctl vet -`]],
  )
})

test('Warns of files below a directory that do not claim to be objects; a file given must hold some', async t => {
  const root = await folder(t, {
    'swagger.yaml': 'openapi: 3.0.0\n',
    'tasks.yaml': '- name: x\n',
    'ok.yaml': namespace('ok'),
    'cut.yaml': 'apiVers',
  })
  const {names, problems} = await read(root)
  assert.deepEqual(names, ['ok'])
  assert.deepEqual(problems, [
    'cut.yaml:1:1 not-an-object',
    'swagger.yaml:1:1 not-an-object (warning)',
    'tasks.yaml:1:1 not-an-object (warning)',
  ])
  assert.deepEqual((await read(root, [join(root, 'swagger.yaml')])).problems, [
    'swagger.yaml:1:1 missing-field',
  ])
})

test('Follows links, but never round in circles, nor twice to one place', async t => {
  const root = await folder(t, {'a/x.yaml': namespace('x'), 'a/b/deep.yaml': namespace('deep')})
  await symlink(join(root, 'a'), join(root, 'a', 'b', 'up'))
  await symlink(join(root, 'a', 'b'), join(root, 'again'))
  await symlink(join(root, 'nowhere.yaml'), join(root, 'dangling.yaml'))
  await symlink('loop.yaml', join(root, 'loop.yaml'))
  await symlink(join(root, 'a', 'x.yaml'), join(root, 'link.yaml'))
  const {names, problems} = await read(root)
  assert.deepEqual(names, ['deep', 'x', 'x'])
  assert.deepEqual(problems, ['dangling.yaml:1:1 unreadable-file', 'loop.yaml:1:1 unreadable-file'])
})

test('A file or directory that may not be read is a problem below a directory', async t => {
  const root = await folder(t, {
    'a.yaml': namespace('a'),
    'b.yaml': namespace('b'),
    'd/c.yaml': namespace('c'),
  })
  await chmod(root, 0o755)
  await chmod(join(root, 'a.yaml'), 0)
  await chmod(join(root, 'd'), 0)
  const {names, problems} = await asSomebody(() => read(root)).finally(() => chmod(join(root, 'd'), 0o755))
  assert.deepEqual(names, ['b'])
  assert.deepEqual(problems, ['d:1:1 unreadable-file', 'a.yaml:1:1 unreadable-file'])
})

/** Root may read everything: for a while it is nobody. */
async function asSomebody<Value>(work: () => Promise<Value>): Promise<Value> {
  if (process.getuid?.() !== 0) return await work()
  process.seteuid?.('nobody')
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

test('Says of binary files where they stop being text', async t => {
  const root = await folder(t, {
    'image.yaml': Uint8Array.from([0x89, 0x50, 0x0a, 0x00, 0x1a]),
    'latin1.yaml': Buffer.from('apiVersion: v1\nkind: Caf\xe9\n', 'latin1'),
    'utf16.yaml': Buffer.from('\uFEFFapiVersion: v1\n', 'utf16le'),
    'ok.yaml': namespace('ö'),
  })
  const {names, problems} = await read(root)
  assert.deepEqual(names, ['ö'])
  assert.deepEqual(problems, [
    'image.yaml:2:1 binary-file',
    'latin1.yaml:2:10 binary-file',
    'utf16.yaml:1:1 binary-file',
  ])
})

test('A path that cannot be read at all is an error with a next step', async t => {
  const root = await folder(t, {})
  await assert.rejects(loadPaths([join(root, 'nowhere')]), error => {
    assert.ok(error instanceof MeshctlError)
    assert.equal(error.code, 'unreadable-path')
    assert.match(error.message, /nowhere can't be read: there is no such file/)
    assert.notEqual(error.details.try.length, 0)
    return true
  })
})

test('An empty directory is input with nothing in it', async t => {
  assert.deepEqual(await read(await folder(t, {})), {names: [], problems: [], files: []})
})
