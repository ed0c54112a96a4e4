import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {Change} from '../../src/changes/change-set.ts'
import {patchesStanding, planEntry, readLedger} from '../../src/changes/file-ledger.ts'
import {entryOf, nextId, reverseOf} from '../../src/changes/ledger-entry.ts'
import type {LedgerEntry} from '../../src/changes/ledger-entry.ts'
import {joinPatches, mergePatch, withoutPatch} from '../../src/changes/merge-patch.ts'
import {planWrite, writeFiles} from '../../src/changes/write.ts'
import {MeshctlError} from '../../src/cli/error.ts'
import {idOf} from '../../src/objects/identity.ts'
import {isRecord} from '../../src/objects/json.ts'
import {loadPaths} from '../../src/objects/load.ts'
import type {Json, JsonObject, KubeObject} from '../../src/objects/object.ts'
import {create, remove, setOf, strict, treeOf, update, workspace} from './workspace.ts'

/** Objects as a cluster gives them: of no file. */
function live(value: JsonObject): KubeObject {
  const id = idOf(value)
  if (id === undefined) throw new Error('no identity')
  return {id, value, source: null}
}

const rule = live({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: {name: 'details', namespace: 'shop'},
  spec: {host: 'details', trafficPolicy: {tls: {mode: 'DISABLE'}}, subsets: [{name: 'a'}, {name: 'b'}]},
})

const app = live({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'details', namespace: 'shop'},
  spec: {
    template: {
      metadata: {labels: {app: 'details'}},
      spec: {
        containers: [
          {
            name: 'app',
            image: 'app:1',
            env: [
              {name: 'A', value: '1'},
              {name: 'B', value: '2'},
            ],
            args: ['x', 'y'],
          },
          {name: 'other', image: 'other:1'},
        ],
      },
    },
  },
})

const withLabel = (key: string, value: string): Change =>
  update(app, v => (v.spec.template.metadata.labels[key] = value))

async function take(changes: readonly Change[], dir: string): Promise<LedgerEntry | null> {
  const {entries} = await readLedger(dir)
  const known = entries.map(({id}) => id)
  const time = new Date('2026-11-24T02:45:12.123Z')
  const set = setOf(...changes)
  const step = {time, who: 'ann', capability: 'mtls', stage: 'walk', command: 'meshctl adopt mtls'}
  const entry = entryOf({...step, id: nextId(time, known), set, phase: 0})
  const {files} = await planWrite(set, {dir, from: [dir]})
  if (files.length === 0) return null
  writeFiles(entry === null ? files : [...files, await planEntry(entry, dir)])
  return entry
}

async function takeBack(id: string, dir: string): Promise<readonly Change[]> {
  const entry = (await readLedger(dir)).entries.find(one => one.id === id)
  assert.ok(entry !== undefined)
  const {objects} = await loadPaths([dir])
  const set = reverseOf(entry, objects, await patchesStanding(entry, dir))
  const {files} = await planWrite(set, {dir, from: [dir]})
  writeFiles(files)
  return set.phases.flatMap(phase => phase.changes)
}

function visible(dir: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(treeOf(dir)).filter(([name]) => !name.startsWith('.meshctl')))
}

test('an object without a manifest is edited by a patch, in a component where no kustomization governs', async t => {
  const dir = workspace(t)
  const change = update(rule, v => delete v.spec.trafficPolicy)
  await take([change, create(strict('shop', 's'))], dir)
  assert.deepEqual(visible(dir), {
    'kustomization.yaml': `# Edits to objects whose manifests are elsewhere. List this directory under \`components:\` of the kustomization that
# has the objects.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources:
  - shop/peerauthentication-s.yaml
patches:
  - path: shop/destinationrule-details.patch.yaml
    target:
      group: networking.istio.io
      kind: DestinationRule
      name: details
      namespace: shop
`,
    'shop/destinationrule-details.patch.yaml': `# A patch for kustomize, since the object's own manifest is not in this directory: it is a test
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: details
  namespace: shop
spec:
  trafficPolicy: null
`,
    'shop/peerauthentication-s.yaml': treeOf(dir)['shop/peerauthentication-s.yaml'] ?? '',
  })
  assert.equal(await take([change, create(strict('shop', 's'))], dir), null, 'a second run writes nothing')
})

test('a patch is no object for who reads the directory', async t => {
  const dir = workspace(t)
  await take([withLabel('a', '1')], dir)
  const {objects, problems} = await loadPaths([dir])
  assert.deepEqual(objects, [])
  assert.deepEqual(
    problems.map(({code, severity, try: next}) => [code, severity, next]),
    [['unrendered-template', 'warning', `kustomize build ${dir} | meshctl vet -`]],
  )
})

test('the kustomization that governs lists the patch, without the namespace that it sets itself', async t => {
  const text = '# ours\nnamespace: shop\nresources: [../base]\n'
  const dir = workspace(t, {'overlay/kustomization.yml': text})
  await take([withLabel('a', '1')], `${dir}/overlay`)
  assert.equal(
    visible(dir)['overlay/kustomization.yml'],
    `${text}patches:
  - path: shop/deployment-details.patch.yaml
    target:
      group: apps
      kind: Deployment
      name: details
`,
  )
})

test('a second step joins the patch of the first; each can be taken back alone, in any order', async t => {
  const dir = workspace(t)
  const one = await take([withLabel('one', '1')], dir)
  const two = await take([withLabel('two', '2'), update(rule, v => delete v.spec.trafficPolicy)], dir)
  const file = 'shop/deployment-details.patch.yaml'
  assert.match(visible(dir)[file] ?? '', /labels:\n +one: '1'\n +two: '2'\n/)
  assert.equal((await takeBack(one?.id ?? '', dir)).length, 1)
  assert.match(visible(dir)[file] ?? '', /labels:\n +two: '2'\n/)
  assert.deepEqual(await takeBack(one?.id ?? '', dir), [], 'nothing of it is left to take back')
  assert.equal((await takeBack(two?.id ?? '', dir)).length, 2)
  assert.deepEqual(Object.keys(visible(dir)), ['kustomization.yaml'])
  assert.match(visible(dir)['kustomization.yaml'] ?? '', /patches: \[\]\n$/)
})

test('what somebody wrote into the patch since stays', async t => {
  const dir = workspace(t)
  const entry = await take([withLabel('one', '1')], dir)
  const theirs = update(app, v => {
    v.spec.template.metadata.labels.one = 'theirs'
    v.spec.replicas = 3
  })
  await take([theirs], dir)
  assert.deepEqual(await takeBack(entry?.id ?? '', dir), [])
  assert.match(visible(dir)['shop/deployment-details.patch.yaml'] ?? '', /replicas: 3/)
})

test('an object that goes is patched away', async t => {
  const dir = workspace(t)
  await take([remove(rule)], dir)
  assert.match(visible(dir)['shop/destinationrule-details.patch.yaml'] ?? '', /'\$patch': delete\n$/)
})

test('a file of the name that is no such patch is left alone', async t => {
  const dir = workspace(t, {
    'shop/deployment-details.patch.yaml': 'kind: Service\nmetadata: {name: details}\n',
  })
  await assert.rejects(take([withLabel('a', '1')], dir), (error: unknown) => {
    assert.ok(error instanceof MeshctlError && error.code === 'refused')
    assert.match(error.message, /is no patch of Deployment shop\/details/)
    return true
  })
})

test('lists that are merged by a key are patched item by item, others as a whole', () => {
  const after = structuredClone(app.value) as any
  const [container] = after.spec.template.spec.containers
  container.env = [
    {name: 'A', value: 'changed'},
    {name: 'C', value: '3'},
  ]
  container.args = ['x']
  assert.deepEqual(mergePatch(app.value, after, true), {
    spec: {
      template: {
        spec: {
          containers: [
            {
              name: 'app',
              env: [
                {name: 'A', value: 'changed'},
                {name: 'C', value: '3'},
                {name: 'B', $patch: 'delete'},
              ],
              args: ['x'],
            },
          ],
        },
      },
    },
  })
  const patched = mergePatch(app.value, after, true)
  assert.deepEqual(withoutPatch(patched, patched), {})
  assert.deepEqual(joinPatches(patched, patched), patched)
})

/** RFC 7386, of which a strategic merge patch of kinds without merge keys is an instance but for `$patch`. */
function patched(value: Json | undefined, patch: Json): Json {
  if (!isRecord(patch)) return patch
  const {$patch: how, ...rest} = patch
  const base = isRecord(value) && how !== 'replace' ? value : {}
  const result: Record<string, Json> = {...base} as Record<string, Json>
  for (const [key, item] of Object.entries(rest)) {
    if (item === null) delete result[key]
    else if (item !== undefined) result[key] = patched(base[key], item)
  }
  return result
}

const key = fc.constantFrom('a', 'b', 'c')
const leaf = fc.oneof(fc.constantFrom('x', 'y', 1, true), fc.array(fc.constantFrom(1, 2), {maxLength: 2}))
const {object} = fc.letrec<{object: JsonObject}>(tie => ({
  object: fc.dictionary(key, fc.oneof({depthSize: 'small', maxDepth: 3}, leaf, tie('object')), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
}))

test('a patch makes of an object what it was made from', () => {
  fc.assert(
    fc.property(object, object, (before, after) => {
      assert.deepEqual(patched(before, mergePatch(before, after, false)), after)
    }),
  )
})

test('joined patches do what they do one after the other', () => {
  fc.assert(
    fc.property(object, object, object, (first, second, third) => {
      const [one, two] = [mergePatch(first, second, false), mergePatch(second, third, false)]
      assert.deepEqual(patched(first, joinPatches(one, two)), third)
    }),
  )
})
