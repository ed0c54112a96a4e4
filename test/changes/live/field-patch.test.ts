import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {fieldPatch, holds} from '../../../src/changes/live/field-patch.ts'
import {
  extract,
  fieldSetOf,
  formatFieldPath,
  parseServerPath,
  readFieldSet,
  union,
  valueAt,
} from '../../../src/changes/live/field-set.ts'
import {planUpdate} from '../../../src/changes/live/update-plan.ts'
import type {JsonObject} from '../../../src/objects/object.ts'

const vs = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {name: 'a', namespace: 'shop', ...metadata},
  spec,
})
const deploy = (containers: JsonObject[]): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {name: 'a', namespace: 'shop'},
  spec: {template: {spec: {containers}}},
})

describe('fieldPatch', () => {
  const cases: readonly [string, JsonObject, JsonObject, readonly string[], readonly string[]][] = [
    ['nothing', vs({a: 1}), vs({a: 1}), [], []],
    ['the order of keys is nothing', vs({a: 1, b: 2}), vs({b: 2, a: 1}), [], []],
    ['a value', vs({a: 1, b: 2}), vs({a: 1, b: 3}), ['spec.b'], []],
    ['a new map as a whole', vs({}), vs({tls: {mode: 'x'}}), ['spec.tls'], []],
    ['a field taken away', vs({a: 1, b: 2}), vs({a: 1}), [], ['spec.b']],
    [
      'a list of a CRD goes whole',
      vs({http: [{name: 'a'}, {name: 'b'}]}),
      vs({http: [{name: 'a', timeout: '1s'}, {name: 'b'}]}),
      ['spec.http'],
      [],
    ],
    [
      'a label with dots',
      vs({}, {labels: {'a.b/c': '1'}}),
      vs({}, {labels: {'a.b/c': '2'}}),
      ['metadata.labels["a.b/c"]'],
      [],
    ],
    [
      'what the server keeps does not count',
      vs({}, {resourceVersion: '1', uid: 'x'}),
      {...vs({}), status: {ok: true}},
      [],
      [],
    ],
    [
      'an item of a keyed list',
      deploy([{name: 'a', image: '1'}, {name: 'b'}]),
      deploy([{name: 'a', image: '2'}, {name: 'b'}]),
      ['spec.template.spec.containers[name="a"].image'],
      [],
    ],
    [
      'an item taken from a keyed list',
      deploy([{name: 'a'}, {name: 'b'}]),
      deploy([{name: 'b'}]),
      [],
      ['spec.template.spec.containers[name="a"]'],
    ],
    [
      'a list without keys goes whole',
      deploy([{name: 'a', args: ['1']}]),
      deploy([{name: 'a', args: ['1', '2']}]),
      ['spec.template.spec.containers[name="a"].args'],
      [],
    ],
    ['another type', vs({a: {b: 1}}), vs({a: [1]}), ['spec.a'], []],
  ]
  for (const [name, before, after, set, removed] of cases) {
    it(name, () => {
      const patch = fieldPatch(before, after)
      assert.deepEqual([patch.set.map(formatFieldPath), patch.removed.map(formatFieldPath)], [set, removed])
    })
  }

  it('holds after and, where something changed, not before', () => {
    const spec = fc.dictionary(
      fc.constantFrom('a', 'b', 'c', '__proto__'),
      fc.oneof(
        fc.integer({max: 3, min: 0}),
        fc.dictionary(fc.constantFrom('x', 'y'), fc.integer({max: 2, min: 0})),
        fc.array(fc.integer({max: 2, min: 0}), {maxLength: 2}),
      ),
    )
    fc.assert(
      fc.property(spec, spec, (one, two) => {
        const [before, after] = [vs(one), vs(two)]
        const patch = fieldPatch(before, after)
        assert.ok(holds(patch, after, after))
        assert.equal(
          patch.set.length + patch.removed.length === 0,
          holds(patch, after, before) && patch.set.length === 0 && patch.removed.length === 0,
        )
        const set = extract(after, fieldSetOf(patch.set))
        for (const path of patch.set) assert.deepEqual(valueAt(set, path), valueAt(after, path))
      }),
      {numRuns: 300},
    )
  })

  it('does not mind what the server adds by default', () => {
    const before = vs({})
    const after = vs({http: [{route: 'a'}]})
    assert.ok(holds(fieldPatch(before, after), after, vs({http: [{route: 'a', weight: 100}]})))
    assert.ok(!holds(fieldPatch(before, after), after, vs({http: [{route: 'b', weight: 100}]})))
  })
})

describe('paths as the server writes them', () => {
  const object: JsonObject = {
    metadata: {labels: {app: '1', 'app.kubernetes.io/name': 'x'}},
    spec: {
      containers: [{name: 'c', env: [{name: 'A', value: '1'}]}],
      ports: [{port: 80, protocol: 'TCP', name: 'http'}],
    },
  }
  const cases: readonly [string, string][] = [
    ['.metadata.labels.app', 'metadata.labels.app'],
    ['.metadata.labels.app.kubernetes.io/name', 'metadata.labels["app.kubernetes.io/name"]'],
    ['.spec.containers[name="c"].env[name="A"].value', 'spec.containers[name="c"].env[name="A"].value'],
    ['.spec.ports[port=80,protocol="TCP"].name', 'spec.ports[port=80,protocol="TCP"].name'],
    ['.spec.unknown.field', 'spec.unknown.field'],
    ['.spec.containers[name="gone"].image', 'spec.containers[name="gone"].image'],
  ]
  for (const [text, shown] of cases)
    it(text, () => assert.equal(formatFieldPath(parseServerPath(text, object)), shown))

  it('ends for any text', () => {
    fc.assert(fc.property(fc.string(), path => void parseServerPath(path, object)))
  })
})

describe('planUpdate', () => {
  const owned = (manager: string, operation: string, fieldsV1: JsonObject): JsonObject => ({
    manager,
    operation,
    apiVersion: 'networking.istio.io/v1',
    fieldsV1,
  })
  const live = (managedFields: JsonObject[]): JsonObject =>
    vs(
      {host: 'a', mode: 'x'},
      {uid: 'u', resourceVersion: '7', labels: {one: '1', theirs: 't'}, managedFields},
    )
  const mine = owned('meshctl', 'Apply', {'f:metadata': {'f:labels': {'f:one': {}}}})
  const theirs = owned('kubectl', 'Update', {
    'f:metadata': {'f:labels': {'f:theirs': {}}},
    'f:spec': {'f:host': {}, 'f:mode': {}},
  })
  const id = {
    cluster: '',
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    namespace: 'shop',
    name: 'a',
  }
  const plan = (before: JsonObject, spec: JsonObject, labels: JsonObject) =>
    planUpdate({
      id,
      before,
      after: {...before, metadata: {...(before['metadata'] as JsonObject), labels}, spec},
      live: before,
    })

  it('sends what changes, what meshctl applied before, and by which version', () => {
    const {how, body} = plan(live([mine, theirs]), {host: 'a', mode: 'y'}, {one: '1', theirs: 't'})
    assert.equal(how, 'apply')
    assert.deepEqual(body, {
      apiVersion: id.apiVersion,
      kind: id.kind,
      metadata: {name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '7', labels: {one: '1'}},
      spec: {mode: 'y'},
    })
  })
  it('takes its own field away by no longer naming it', () => {
    const {how, body} = plan(live([mine, theirs]), {host: 'a', mode: 'x'}, {theirs: 't'})
    assert.deepEqual(
      [how, body['metadata']],
      ['apply', {name: 'a', namespace: 'shop', uid: 'u', resourceVersion: '7'}],
    )
  })
  it('replaces the object to take away what nobody else owns', () => {
    const {how, conflicts, body} = plan(live([]), {host: 'a'}, {one: '1', theirs: 't'})
    assert.deepEqual([how, conflicts, body['spec']], ['replace', [], {host: 'a'}])
  })
  it('finds whose field it would take away', () => {
    const {conflicts} = plan(live([mine, theirs]), {host: 'a'}, {one: '1'})
    assert.deepEqual(
      conflicts.map(({path, owner, theirs: value, ours}) => [path, owner, value, ours]).sort(),
      [
        ['metadata.labels.theirs', 'kubectl', 't', null],
        ['spec.mode', 'kubectl', 'x', null],
      ],
    )
  })
  it('keeps what a controller changed in the meantime', () => {
    const before = vs({host: 'a', replicas: 1})
    const {target} = planUpdate({
      id,
      before,
      after: vs({host: 'b', replicas: 1}),
      live: vs({host: 'a', replicas: 5}, {uid: 'u'}),
    })
    assert.deepEqual(target['spec'], {host: 'b', replicas: 5})
  })
})

describe('field sets', () => {
  it('take items of lists by key and by value', () => {
    const fields = readFieldSet({'f:list': {'k:{"name":"a"}': {'.': {}, 'f:x': {}}}, 'f:set': {'v:"b"': {}}})
    assert.deepEqual(extract({list: [{name: 'a', x: 1, y: 2}, {name: 'b'}], set: ['a', 'b']}, fields), {
      list: [{x: 1, name: 'a'}],
      set: ['b'],
    })
  })
  it('join', () => {
    assert.deepEqual(
      extract(
        {a: {b: 1, c: 2, d: 3}},
        union(readFieldSet({'f:a': {'f:b': {}}}), fieldSetOf([['f:a', 'f:c']])),
      ),
      {a: {b: 1, c: 2}},
    )
  })
})
