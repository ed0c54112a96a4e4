import assert from 'node:assert/strict'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import {planEntry, readLedger} from '../../src/changes/file-ledger.ts'
import {changedSince, entryOf, nextId, reverseOf} from '../../src/changes/ledger-entry.ts'
import type {LedgerEntry} from '../../src/changes/ledger-entry.ts'
import {planWrite, writeFiles} from '../../src/changes/write.ts'
import {create, load, named, remove, setOf, strict, treeOf, update, workspace} from './workspace.ts'

const time = new Date('2026-11-24T02:45:12.123Z')

function entryFor(set: ChangeSet, id = nextId(time, [])): LedgerEntry | null {
  return entryOf({
    id,
    time,
    who: 'ann',
    capability: 'mtls',
    stage: 'walk',
    command: 'meshctl adopt mtls',
    set,
    phase: 0,
  })
}

async function take(set: ChangeSet, dir: string): Promise<LedgerEntry | null> {
  const {entries} = await readLedger(dir)
  const entry = entryFor(
    set,
    nextId(
      time,
      entries.map(({id}) => id),
    ),
  )
  const plan = await planWrite(set, {dir, from: [dir]})
  writeFiles(entry === null ? plan.files : [...plan.files, await planEntry(entry, dir)])
  return entry
}

const services =
  '# a\napiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: shop}\n'

test('a step is recorded with what is needed to take it back, and taking it back restores every file', async t => {
  const dir = workspace(t, {
    'all.yaml': services,
    'old.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: old\n  namespace: shop\n',
  })
  const before = treeOf(dir)
  const objects = await load(dir)
  const entry = await take(
    setOf(
      update(named(objects, 'a'), v => (v.metadata.labels = {x: 'z'})),
      create(strict('shop', 's')),
      remove(named(objects, 'b')),
    ),
    dir,
  )
  const {entries, damaged} = await readLedger(dir)
  assert.deepEqual(damaged, [])
  assert.deepEqual(entries, [entry])
  assert.deepEqual(
    Object.keys(treeOf(dir)).filter(name => name.startsWith('.meshctl')),
    [`.meshctl/ledger/${entry?.id}.ledger`],
  )
  const back = reverseOf(entries[0]!, await load(dir))
  assert.deepEqual(
    back.phases[0]?.changes.map(({action, id}) => `${action} ${id.name}`),
    ['create b', 'delete s', 'update a'],
  )
  await take(back, dir)
  const {'all.yaml': all, 'shop/service-b.yaml': b, 'old.yaml': old, ...rest} = treeOf(dir)
  assert.equal(all, services.slice(0, services.indexOf('---')))
  assert.equal(b, 'apiVersion: v1\nkind: Service\nmetadata:\n  name: b\n  namespace: shop\n')
  assert.equal(old, before['old.yaml'])
  assert.deepEqual(
    Object.keys(rest).map(name => name.slice(0, 16)),
    ['.meshctl/ledger/', '.meshctl/ledger/'],
  )
})

test('a step which changes nothing is not recorded', async t => {
  const dir = workspace(t, {'all.yaml': services})
  const objects = await load(dir)
  assert.equal(entryFor(setOf()), null)
  assert.equal(entryFor({phases: [], notes: []}), null)
  assert.equal(entryFor(setOf(update(named(objects, 'a'), () => undefined))), null)
})

test('no value of a Secret is recorded, and taking back says so', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {name: 's', namespace: 'shop'},
    data: {key: 'aHVudGVyMg=='},
  }
  const entry = entryFor(setOf(create(secret)))
  assert.ok(entry !== null)
  assert.doesNotMatch(JSON.stringify(entry), /aHVudGVyMg/)
  assert.deepEqual(reverseOf(entry).phases, [])
  assert.match(reverseOf(entry).notes[0]!.title, /Secret shop\/s stays/)
})

test('what others changed since is named', async t => {
  const dir = workspace(t, {'all.yaml': services})
  const set = setOf(
    update(named(await load(dir), 'a'), v => (v.metadata.labels = {x: 'z'})),
    remove(named(await load(dir), 'b')),
  )
  const entry = await take(set, dir)
  assert.deepEqual(changedSince(entry!, await load(dir)), [])
  writeFileSync(join(dir, 'all.yaml'), services.replace('name: a,', 'name: a, labels: {x: other},'))
  assert.deepEqual(
    changedSince(entry!, await load(dir)).map(({name}) => name),
    ['a', 'b'],
  )
})

test('ids sort in the order in which they were made, even when the clock goes back', () => {
  const ids: string[] = ['not-an-id', '99999999-999999-999-zz']
  const made = [time, time, new Date(time.getTime() - 60_000), new Date(time.getTime() + 60_000)].map(now => {
    const id = nextId(now, ids)
    ids.push(id)
    return id
  })
  assert.match(made[0]!, /^20261124-024512-123-[0-9a-f]{6}$/)
  assert.deepEqual([...made].sort(), made)
  assert.equal(new Set(made).size, made.length)
})

const damage: Readonly<Record<string, (text: string) => string>> = {
  'cut short': text => text.slice(0, text.length / 2),
  empty: () => '',
  'a list': () => '[]',
  'of another schema': text => text.replace('ledger/v1', 'ledger/v9'),
  'without changes': text => text.replace('"changes"', '"other"'),
  'with a change that is none': text => text.replace('"action": "create"', '"action": "explode"'),
  'with a change without its value': text => text.replace('"after": {', '"later": {'),
  'without an id': text => text.replace('"id"', '"__proto__"'),
}

for (const [name, break_] of Object.entries(damage)) {
  test(`an entry that is ${name} does not hide the others`, async t => {
    const dir = workspace(t)
    const entry = await take(setOf(create(strict('shop', 's'))), dir)
    const text = treeOf(dir)[`.meshctl/ledger/${entry?.id}.ledger`]!
    assert.notEqual(break_(text), text)
    writeFileSync(join(dir, '.meshctl/ledger/20200101-000000-000-aaaaaa.ledger'), break_(text))
    const {entries, damaged} = await readLedger(dir)
    assert.deepEqual(entries, [entry])
    assert.deepEqual(
      damaged.map(({file}) => file),
      [join(dir, '.meshctl/ledger/20200101-000000-000-aaaaaa.ledger')],
    )
  })
}

test('a directory without a ledger has an empty one', async t => {
  const dir = workspace(t)
  assert.deepEqual(await readLedger(join(dir, 'nowhere')), {entries: [], damaged: []})
  mkdirSync(join(dir, '.meshctl/ledger/odd.ledger'), {recursive: true})
  assert.equal((await readLedger(dir)).damaged.length, 1)
})
