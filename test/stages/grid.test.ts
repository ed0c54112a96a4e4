import assert from 'node:assert/strict'
import test from 'node:test'
import {emptyConfig} from '../../src/config/settings.ts'
import type {Config, Target} from '../../src/config/settings.ts'
import {assessGrid, subjectsOf} from '../../src/stages/grid.ts'
import {stages} from '../../src/stages/registry.ts'
import {app, istio, meshOf, namespace, service, workload} from './manifests.ts'

const shop = namespace('shop')

test('subjects are what applications have: no platform, no mesh, no mere names', () => {
  const external = istio(
    'ServiceEntry',
    'out',
    'hosts: [api.example.com]\nports: [{number: 443, name: tls, protocol: TLS}]',
  )
  const nameOnly =
    'apiVersion: v1\nkind: Service\nmetadata: {name: alias, namespace: shop}\nspec: {type: ExternalName, externalName: x.example.com}'
  const bare =
    'apiVersion: v1\nkind: Service\nmetadata: {name: bare, namespace: shop}\nspec: {ports: [{port: 80}]}'
  const mesh = meshOf([
    shop,
    app('cart'),
    workload('worker'),
    external,
    nameOnly,
    bare,
    app('dns', {namespace: 'kube-system'}),
    app('istiod', {namespace: 'istio-system'}),
  ])
  const names = (stage: 'walk' | 'run', capability: 'sidecars' | 'mtls'): readonly string[] =>
    subjectsOf(mesh, stages[capability][stage]).map(({kind, name}) => `${kind} ${name}`)
  assert.deepEqual(names('walk', 'sidecars'), ['workload cart', 'workload worker'])
  assert.deepEqual(names('walk', 'mtls'), ['service cart'])
  assert.deepEqual(names('run', 'mtls'), ['mesh mesh'])
})

test('the grid has each of the twelve cells for each of its subjects', () => {
  const cells = assessGrid(meshOf([shop, app('cart'), app('page')]), emptyConfig)
  const count = new Map<string, number>()
  for (const {stage} of cells)
    count.set(
      `${stage.capability} ${stage.stage}`,
      (count.get(`${stage.capability} ${stage.stage}`) ?? 0) + 1,
    )
  assert.equal(count.size, 12)
  assert.equal(count.get('mtls run'), 1)
  assert.equal(count.get('mtls walk'), 2)
})

test('what meshctl.yaml does not want, or leaves alone, is not-wanted, and what is done stays done', () => {
  const target: Target = {default: 'walk', namespaces: [], services: new Map([['shop/page', 'none']])}
  const config: Config = {
    ...emptyConfig,
    target: {mtls: target},
    exclude: {namespaces: [], workloads: ['shop/old']},
  }
  const strict = istio(
    'PeerAuthentication',
    'done',
    'selector: {matchLabels: {app: page2}}\nmtls: {mode: STRICT}',
  )
  const mesh = meshOf([shop, app('cart'), app('page'), app('old'), app('page2'), strict, service('empty')])
  const stateOf = (name: string, stage = 'walk'): string => {
    const cell = assessGrid(mesh, config).find(
      one => one.stage.capability === 'mtls' && one.stage.stage === stage && one.subject.name === name,
    )
    return `${cell?.assessment.state} ${cell?.assessment.reasons[0]?.code ?? ''}`.trim()
  }
  assert.equal(stateOf('cart'), 'ready')
  assert.equal(stateOf('page'), 'not-wanted beyond-target')
  assert.equal(stateOf('old'), 'not-wanted excluded')
  assert.equal(stateOf('mesh', 'jetpack'), 'not-wanted beyond-target')
  const none: Config = {...config, target: {mtls: {...target, default: 'none'}}}
  const done = assessGrid(mesh, none).find(
    one => one.stage === stages.mtls.walk && one.subject.name === 'page2',
  )
  assert.equal(done?.assessment.state, 'done')
})
