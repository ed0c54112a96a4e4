import assert from 'node:assert/strict'
import {test} from 'node:test'
import {applyPhase, applyToObjects} from '../../src/changes/apply-to-objects.ts'
import {blastRadius} from '../../src/changes/blast-radius.ts'
import type {ChangedEdge} from '../../src/changes/blast-radius.ts'
import type {ChangeSet} from '../../src/changes/change-set.ts'
import {buildMesh} from '../../src/mesh/build.ts'
import {parseText} from '../../src/objects/parse.ts'
import {create, named, remove, setOf, strict, update} from './workspace.ts'

function workload(namespace: string, name: string, calls: string | null, injected: boolean): string {
  const env = calls === null ? '' : `, env: [{name: TARGET, value: '${calls}'}]`
  return `---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {matchLabels: {app: ${name}}}, template: {metadata: {labels: {app: ${name}, sidecar.istio.io/inject: '${injected}'}}, spec: {containers: [{name: c, image: x${env}}]}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {selector: {app: ${name}}, ports: [{name: http, port: 80}]}}
`
}

function effect(
  text: string,
  change: (objects: ReturnType<typeof parseText>['objects']) => ChangeSet,
): Record<string, readonly string[] | number> {
  const {objects, problems} = parseText(text, 'mesh.yaml')
  assert.deepEqual(problems, [])
  const radius = blastRadius(buildMesh(objects), buildMesh(applyToObjects(objects, change(objects))))
  const names = (edges: readonly ChangedEdge[]): readonly string[] =>
    edges.map(({client, server}) => `${client.workload}>${server.service.name}`).sort()
  return {
    broken: names(radius.broken),
    improved: names(radius.improved),
    changed: names(radius.changed),
    unknown: names(radius.unknown),
    unchanged: radius.unchanged,
  }
}

const inMesh =
  workload('shop', 'web', 'http://api.shop', true) +
  workload('shop', 'api', 'http://db.shop', true) +
  workload('shop', 'db', null, true)
const nothingElse = {broken: [], improved: [], changed: [], unknown: []}

test('strict mTLS breaks the caller outside the mesh, and only it', () => {
  const text = inMesh + workload('batch', 'export', 'http://api.shop', false)
  assert.deepEqual(
    effect(text, () => setOf(create(strict('shop', 'strict')))),
    {...nothingElse, broken: ['export>api'], unchanged: 2},
  )
})

test('a caller outside the mesh of which nothing is known may call everything', () => {
  const text = inMesh + workload('batch', 'export', null, false)
  const result = effect(text, () => setOf(create(strict('shop', 'strict'))))
  assert.deepEqual(result['broken'], ['export>api', 'export>db', 'export>web'])
})

test('taking the policy back improves what it broke', () => {
  const text = `${inMesh}${workload('batch', 'export', 'http://api.shop', false)}---\n${JSON.stringify(strict('shop', 'strict'))}\n`
  assert.deepEqual(
    effect(text, objects => setOf(remove(named(objects, 'strict')))),
    {...nothingElse, improved: ['export>api'], unchanged: 2},
  )
})

test('joining the mesh improves an edge from plaintext to mTLS', () => {
  const text = inMesh + workload('batch', 'export', 'http://api.shop', false)
  const inject = (v: any): unknown => (v.spec.template.metadata.labels['sidecar.istio.io/inject'] = 'true')
  const result = effect(text, objects =>
    setOf(
      update(
        objects.find(({id}) => id.kind === 'Deployment' && id.name === 'export')!,
        inject,
      ),
    ),
  )
  assert.deepEqual([result['improved'], result['broken']], [['export>api'], []])
})

test('a timeout changes an edge that works before and after', () => {
  const route = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {name: 'api', namespace: 'shop'},
    spec: {hosts: ['api'], http: [{route: [{destination: {host: 'api'}}], timeout: '2s'}]},
  }
  assert.deepEqual(
    effect(inMesh, () => setOf(create(route))),
    {...nothingElse, changed: ['web>api'], unchanged: 1},
  )
})

test('a service that goes breaks those who call it; a client that goes breaks nothing', () => {
  const gone = (kind: string, name: string) => (objects: ReturnType<typeof parseText>['objects']) =>
    setOf(remove(objects.find(({id}) => id.kind === kind && id.name === name)!))
  assert.deepEqual(effect(inMesh, gone('Service', 'db'))['broken'], ['api>db'])
  assert.deepEqual(effect(inMesh, gone('Deployment', 'web'))['broken'], [])
})

test('nothing is reported where nothing changes', () => {
  assert.deepEqual(
    effect(inMesh, () => setOf()),
    {...nothingElse, unchanged: 2},
  )
})

test('objects after a change set: changed in place, new ones last, deleted ones gone, rivals of one name left alone', () => {
  const {objects} = parseText(inMesh, 'mesh.yaml')
  const twice = [...objects, objects[0]!]
  const phase = setOf(
    update(objects[0]!, v => (v.spec.replicas = 3)),
    remove(objects[1]!),
    create(strict('shop', 's')),
  ).phases[0]!
  const result = applyPhase(twice, phase)
  assert.deepEqual(
    result.map(({id}) => `${id.kind} ${id.name}`),
    [
      'Deployment web',
      'Deployment api',
      'Service api',
      'Deployment db',
      'Service db',
      'Deployment web',
      'PeerAuthentication s',
    ],
  )
  assert.equal((result[0]!.value['spec'] as any).replicas, 3)
  assert.equal(result[0]!.source, objects[0]!.source)
  assert.equal(twice.length, 7)
})
