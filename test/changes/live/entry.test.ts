import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import type {Change} from '../../../src/changes/change-set.ts'
import {
  atChange,
  changeDone,
  explainEntry,
  inState,
  isOpen,
  isUnfinished,
  mayBecome,
  plannedEntry,
} from '../../../src/changes/live/entry.ts'
import type {LiveEntry, LiveState} from '../../../src/changes/live/entry.ts'
import {byteParts} from '../../../src/changes/live/ledger-parts.ts'
import {placeOf} from '../../../src/changes/live/place.ts'
import {planResume} from '../../../src/changes/live/resume.ts'
import {planRollback, restingOn} from '../../../src/changes/live/rollback.ts'
import {comparableHash} from '../../../src/changes/live/server-fields.ts'
import {objectKey} from '../../../src/objects/identity.ts'
import {record} from '../../../src/objects/json.ts'
import type {JsonObject, ObjectId} from '../../../src/objects/object.ts'

const time = new Date('2026-11-24T03:00:00.000Z')
const idOf = (name: string, kind = 'DestinationRule'): ObjectId => ({
  cluster: '',
  apiVersion: 'networking.istio.io/v1',
  kind,
  namespace: 'shop',
  name,
})
const object = (name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: {name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', ...metadata},
  spec,
})
const update = (name: string, before: JsonObject, after: JsonObject): Change => ({
  action: 'update',
  id: idOf(name),
  before: {id: idOf(name), value: object(name, before), source: null},
  after: object(name, after),
  reason: 'r',
})
const create = (name: string, spec: JsonObject): Change => ({
  action: 'create',
  id: idOf(name),
  after: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: {name, namespace: 'shop'},
    spec,
  },
  reason: 'r',
})
const remove = (name: string, spec: JsonObject): Change => ({
  action: 'delete',
  id: idOf(name),
  before: {id: idOf(name), value: object(name, spec), source: null},
  reason: 'r',
})

function entryOf(phases: readonly (readonly Change[])[], fields: Partial<LiveEntry> = {}): LiveEntry {
  const step = {
    id: '20261124-030000-000-aaaaaa',
    time,
    who: 'me',
    context: 'here',
    command: 'meshctl adopt',
    capability: 'mtls',
    stage: 'walk',
    answers: {},
    rollsBack: null,
  }
  return {
    ...plannedEntry(step, {phases: phases.map((changes, index) => ({title: `phase ${index}`, changes}))}),
    ...fields,
  }
}

const world = (...values: readonly [string, JsonObject | null][]) =>
  new Map(values.map(([name, value]) => [objectKey(idOf(name)), value]))

describe('a ledger entry', () => {
  it('goes through its states, and no other way', () => {
    const entry = entryOf([[create('a', {})], [create('b', {})]])
    const first = atChange(entry, 0, time)
    const second = atChange(changeDone(first, 0, {uid: 'u', hash: 'h', time: ''}), 1, time)
    assert.deepEqual(
      [entry.state, first.state, first.at, second.at, second.phase],
      ['planned', 'applying', 0, 1, {index: 1, of: 2, title: 'phase 1'}],
    )
    const applied = inState(second, 'applied', time)
    assert.deepEqual(
      inState(applied, 'verified', time).history.map(one => one.state),
      ['planned', 'applying', 'applied', 'verified'],
    )
    assert.throws(() => inState(entry, 'verified', time), /cannot go from planned to verified/)
    assert.throws(() => inState(inState(applied, 'rolled-back', time), 'applied', time))
  })

  it('can be taken back from every state but that', () => {
    const states: readonly LiveState[] = [
      'planned',
      'applying',
      'applied',
      'verified',
      'inconclusive',
      'refuted',
      'written',
    ]
    assert.ok(states.every(state => mayBecome(state, 'rolled-back')))
    assert.deepEqual(
      [...states, 'rolled-back' as const].map(state => [
        isUnfinished({...entryOf([]), state}),
        isOpen({...entryOf([]), state}),
      ]),
      [
        [true, true],
        [true, true],
        [false, true],
        [false, false],
        [false, true],
        [false, true],
        [false, true],
        [false, false],
      ],
    )
    for (const state of states) assert.match(explainEntry({...entryOf([]), state}), /\.$/)
  })

  it('has nothing of a Secret but hashes', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {name: 's', namespace: 'shop', annotations: {last: 'hunter2'}},
      data: {k: 'hunter2'},
    }
    const entry = entryOf([
      [
        {
          action: 'update',
          id: {...idOf('s', 'Secret'), apiVersion: 'v1'},
          before: {id: idOf('s', 'Secret'), value: secret, source: null},
          after: {...secret, data: {k: 'hunter3'}},
          reason: 'r',
        },
      ],
    ])
    assert.doesNotMatch(JSON.stringify(entry), /hunter/)
    assert.equal(entry.changes[0]?.beforeHash, comparableHash(secret))
  })
})

describe('where a change stands', () => {
  const [change] = entryOf([[update('a', {x: 1}, {x: 2})]]).changes
  const [made] = entryOf([[create('a', {x: 1})]]).changes
  const [gone] = entryOf([[remove('a', {x: 1})]]).changes
  if (change === undefined || made === undefined || gone === undefined) throw new Error()
  const expecting = {...change, expected: comparableHash(object('a', {x: 2, byDefault: true}))}
  const cases: readonly [string, typeof change, JsonObject | null, string][] = [
    [
      'as before, whatever the server counts',
      change,
      {...object('a', {x: 1}, {resourceVersion: '99'}), status: {s: 1}},
      'before',
    ],
    ['made anew by somebody', change, object('a', {x: 1}, {uid: 'other'}), 'neither'],
    ['as planned', change, object('a', {x: 2}), 'after'],
    ['as the server said', expecting, object('a', {x: 2, byDefault: true}), 'after'],
    ['as planned, and more', expecting, object('a', {x: 2, byOthers: true}), 'after-and-more'],
    ['changed otherwise', change, object('a', {x: 3}), 'neither'],
    ['gone', change, null, 'neither'],
    ['to be created, not there', made, null, 'before'],
    ['created', made, object('a', {x: 1}), 'after'],
    ['created by somebody else', made, object('a', {x: 9}), 'neither'],
    ['to be deleted, there', gone, object('a', {x: 1}), 'before'],
    ['deleted', gone, null, 'after'],
    ['to be deleted, but changed', gone, object('a', {x: 2}), 'neither'],
  ]
  for (const [name, one, live, expected] of cases) it(name, () => assert.equal(placeOf(one, live), expected))
})

describe('planRollback', () => {
  const entry = entryOf([[update('a', {x: 1}, {x: 2}), create('b', {})], [remove('c', {y: 1})]], {
    state: 'applied',
  })
  const after = world(['a', object('a', {x: 2})], ['b', object('b', {})], ['c', null])
  const brief = (plan: ReturnType<typeof planRollback>): unknown =>
    plan.kind === 'plan'
      ? plan.set.phases.map(phase => phase.changes.map(({action, id}) => `${action} ${id.name}`))
      : plan.objects.map(({object: id, because, paths}) => [id.name, because, ...paths])

  it('goes backwards', () =>
    assert.deepEqual(brief(planRollback(entry, after)), [['create c'], ['delete b', 'update a']]))
  it('leaves out what was never made', () => {
    const plan = planRollback(
      entry,
      world(['a', object('a', {x: 1})], ['b', null], ['c', object('c', {y: 1})]),
    )
    assert.deepEqual(brief(plan), [])
    assert.deepEqual(plan.kind === 'plan' && plan.alreadyBack.map(id => id.name), ['c', 'b', 'a'])
  })
  it('gives half of it back where half was made', () =>
    assert.deepEqual(
      brief(planRollback(entry, world(['a', object('a', {x: 2})], ['b', null], ['c', object('c', {y: 1})]))),
      [['update a']],
    ))
  it('names what others changed since', () => {
    const later = world(
      ['a', object('a', {x: 2, z: 1})],
      ['b', object('b', {n: 1})],
      ['c', object('c', {y: 2}, {uid: 'other'})],
    )
    assert.deepEqual(brief(planRollback(entry, later)), [
      ['a', 'changed', 'spec.z'],
      ['b', 'changed', 'spec.n'],
      ['c', 'created-again'],
    ])
    assert.deepEqual(brief(planRollback(entry, later, {overwriteLater: true})), [
      ['update c'],
      ['delete b', 'update a'],
    ])
  })
  it('leaves alone what the step never came to, even when told to overwrite', () => {
    const cut = {...entry, state: 'applying' as const, at: 0}
    const now = world(['a', object('a', {x: 2})], ['b', object('b', {n: 1})], ['c', object('c', {y: 2})])
    assert.deepEqual(brief(planRollback(cut, now)), [['update a']])
    assert.deepEqual(brief(planRollback(cut, now, {overwriteLater: true})), [['update a']])
    assert.deepEqual(brief(planRollback({...cut, at: null}, now)), [])
  })
  it('makes again what somebody deleted only when told to', () => {
    const deleted = world(['a', null], ['b', null], ['c', null])
    assert.deepEqual(brief(planRollback(entry, deleted)), [['a', 'deleted']])
    assert.deepEqual(brief(planRollback(entry, deleted, {overwriteLater: true})), [
      ['create c'],
      ['create a'],
    ])
  })
  it('goes back step by step through an object that was changed twice', () => {
    const twice = entryOf([[update('a', {x: 1}, {x: 2})], [update('a', {x: 2}, {x: 3})]], {state: 'applied'})
    const plan = planRollback(twice, world(['a', object('a', {x: 3})]))
    const specs =
      plan.kind === 'plan'
        ? plan.set.phases.flatMap(phase =>
            phase.changes.map(change =>
              change.action === 'update' ? [change.before.value['spec'], change.after['spec']] : [],
            ),
          )
        : []
    assert.deepEqual(specs, [
      [{x: 3}, {x: 2}],
      [{x: 2}, {x: 1}],
    ])
  })
  it('leaves the number of replicas to who scales', () => {
    const app = (replicas: number, label: string): JsonObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {name: 'a', namespace: 'shop', uid: 'u'},
      spec: {replicas, label},
    })
    const id = {...idOf('a', 'Deployment'), apiVersion: 'apps/v1'}
    const scaled = entryOf(
      [
        [
          {
            action: 'update',
            id,
            before: {id, value: app(1, 'old'), source: null},
            after: app(1, 'new'),
            reason: 'r',
          },
        ],
      ],
      {state: 'applied'},
    )
    const plan = planRollback(scaled, new Map([[objectKey(id), app(7, 'new')]]))
    const [change] = plan.kind === 'plan' ? (plan.set.phases[0]?.changes ?? []) : []
    assert.deepEqual(change?.action === 'update' && change.after['spec'], {replicas: 7, label: 'old'})
  })
})

describe('planResume', () => {
  const entry = entryOf([[update('a', {x: 1}, {x: 2}), create('b', {})], [remove('c', {y: 1})]], {
    state: 'applying',
    at: 0,
  })

  it('finds what remains by what is there', () => {
    const {remaining, obstacles, standing} = planResume(
      entry,
      world(['a', object('a', {x: 2})], ['b', null], ['c', object('c', {y: 1})]),
    )
    assert.deepEqual(
      standing.map(({place}) => place),
      ['after', 'before', 'before'],
    )
    assert.deepEqual(obstacles, [])
    assert.deepEqual(
      remaining?.phases.map(phase => phase.changes.map(({action, id}) => `${action} ${id.name}`)),
      [['create b'], ['delete c']],
    )
  })
  it('says what is in the way, and that the way back is too', () => {
    const {remaining, obstacles, wayBack} = planResume(
      entry,
      world(['a', object('a', {x: 9})], ['b', null], ['c', object('c', {y: 1})]),
    )
    assert.equal(remaining, null)
    assert.match(obstacles.join(), /DestinationRule shop\/a is neither as it was nor as this step makes it/)
    assert.equal(wayBack.kind, 'changed-later')
  })
  it('knows an object that is changed twice', () => {
    const twice = entryOf([[update('a', {x: 1}, {x: 2})], [update('a', {x: 2}, {x: 3})]])
    const places = (spec: JsonObject): unknown =>
      planResume(twice, world(['a', object('a', spec)])).standing.map(({place}) => place)
    assert.deepEqual(
      [places({x: 1}), places({x: 2}), places({x: 3})],
      [
        ['before', 'before'],
        ['after', 'before'],
        ['after', 'after'],
      ],
    )
  })
})

describe('restingOn', () => {
  const first = entryOf([[create('a', {})]], {id: '1', capability: 'sidecars'})
  const cases: readonly [string, Partial<LiveEntry>, Change, string | null][] = [
    ['the same object', {capability: 'resiliency'}, update('a', {}, {x: 1}), 'same-objects'],
    ['mTLS rests on sidecars of its namespace', {capability: 'mtls'}, create('z', {}), 'capability'],
    ['another step of the same capability', {capability: 'sidecars'}, create('z', {}), null],
    ['one that was taken back', {capability: 'mtls', state: 'rolled-back'}, update('a', {}, {x: 1}), null],
    ['an earlier one', {capability: 'mtls', id: '0'}, update('a', {}, {x: 1}), null],
  ]
  for (const [name, fields, change, why] of cases) {
    it(name, () =>
      assert.equal(restingOn(first, [first, entryOf([[change]], {id: '2', ...fields})])[0]?.why ?? null, why),
    )
  }
})

describe('byteParts', () => {
  it('cuts no character, and loses nothing', () => {
    const content = 'aü€😀'.repeat(50)
    const parts = byteParts(content, 7)
    assert.equal(parts.join(''), content)
    assert.ok(parts.every(part => Buffer.byteLength(part) <= 7))
    assert.deepEqual(byteParts(''), [''])
  })
})

it('comparable keeps what people decide', () => {
  assert.equal(
    comparableHash(
      object('a', {x: 1}, {resourceVersion: '5', annotations: {'deployment.kubernetes.io/revision': '3'}}),
    ),
    comparableHash(object('a', {x: 1})),
  )
  assert.notEqual(
    comparableHash(object('a', {x: 1}, {labels: {a: 'b'}})),
    comparableHash(object('a', {x: 1})),
  )
  assert.equal(record(object('a', {}))['kind'], 'DestinationRule')
})
