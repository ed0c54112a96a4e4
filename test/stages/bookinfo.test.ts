import assert from 'node:assert/strict'
import {join} from 'node:path'
import test from 'node:test'
import {buildMesh} from '../../src/mesh/build.ts'
import type {MeshOptions} from '../../src/mesh/mesh.ts'
import {loadPaths} from '../../src/objects/load.ts'
import {wholeMesh} from '../../src/stages/mtls/whole-mesh.ts'
import {stages} from '../../src/stages/registry.ts'
import type {Answers, Capability} from '../../src/stages/stage.ts'
import {subjectsOf} from '../../src/stages/subjects.ts'
import {applied, broken, changed} from './manifests.ts'

const {objects} = await loadPaths([join(import.meta.dirname, '../../examples/bookinfo')])
const gone: MeshOptions = {
  clients: [{client: 'batch/ratings-export', calls: [], reason: 'gone', until: null, object: null, path: []}],
}

function readyFor(
  capability: Capability,
  options: MeshOptions = {},
  answers: Answers = {},
): readonly string[] {
  const mesh = buildMesh(objects, options)
  const stage = stages[capability].walk
  return subjectsOf(mesh, stage)
    .filter(subject => stage.assess(mesh, subject, answers).state === 'ready')
    .map(({namespace, name}) => `${namespace}/${name}`)
}

const cases: readonly (readonly [
  capability: Capability,
  ready: readonly string[],
  options?: MeshOptions,
  answers?: Answers,
])[] = [
  ['sidecars', ['batch/ratings-export']],
  ['tracing', []],
  [
    'tracing',
    ['bookinfo/details', 'bookinfo/productpage', 'bookinfo/ratings', 'bookinfo/reviews'],
    {},
    {provider: 'zipkin', 'provider-declared': true},
  ],
  ['mtls', ['bookinfo/details', 'bookinfo/productpage', 'bookinfo/reviews']],
  ['mtls', ['bookinfo/details', 'bookinfo/productpage', 'bookinfo/ratings', 'bookinfo/reviews'], gone],
  ['resiliency', ['bookinfo/ratings', 'bookinfo/reviews']],
  ['resiliency', ['bookinfo/productpage', 'bookinfo/ratings', 'bookinfo/reviews'], {}, {'cut-streams': true}],
]

for (const [capability, ready, options = {}, answers = {}] of cases) {
  test(`Bookinfo, ${capability} ${JSON.stringify(answers)} ${options === gone ? 'with the batch client gone' : ''}: ready are ${ready.join(', ') || 'none'}`, () => {
    assert.deepEqual([...readyFor(capability, options, answers)].sort(), ready)
  })

  test(`Bookinfo, ${capability}: taking every ready step breaks no call, and a second time there is nothing to do (${ready.length})`, () => {
    const mesh = buildMesh(objects, options)
    const stage = stages[capability].walk
    const subjects = subjectsOf(mesh, stage).filter(
      subject => stage.assess(mesh, subject, answers).state === 'ready',
    )
    const now = applied(mesh, stage.plan(mesh, subjects, answers), options)
    assert.deepEqual(broken(mesh, now), [])
    const names = new Set(subjects.map(({name}) => name))
    const again = subjectsOf(now, stage).filter(({name}) => names.has(name))
    assert.deepEqual(
      again.map(subject => stage.assess(now, subject, answers).state),
      subjects.map(() => 'done'),
    )
    assert.deepEqual(changed(stage.plan(now, again, answers)), [])
  })
}

test('mesh-wide STRICT would cut what these steps leave alone', () => {
  const {cut} = wholeMesh(buildMesh(objects), 'none')
  assert.deepEqual(
    cut.map(({edge: {client, server}}) => `${client.workload} -> ${server.service.name}`),
    ['ratings-export -> ratings'],
  )
})
