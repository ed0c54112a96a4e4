import assert from 'node:assert/strict'
import test from 'node:test'
import {emptyConfig} from '../../src/config/settings.ts'
import {assessGrid} from '../../src/stages/grid.ts'
import {nextSteps} from '../../src/stages/next.ts'
import {app, meshOf, namespace, workload} from './manifests.ts'

test('little risk first, few callers first, and what needs care last', () => {
  const opted = app('opted', {podLabels: 'sidecar.istio.io/inject: "false"'})
  const mesh = meshOf(
    [
      namespace('shop'),
      app('cart'),
      app('page', {env: {CART_URL: 'http://cart'}}),
      opted,
      namespace('batch', 'a: b'),
      workload('report', {namespace: 'batch', env: {U: 'http://opted.shop'}}),
    ],
    {clients: [{client: 'shop/opted', calls: [], reason: 'idle', until: null, object: null, path: []}]},
  )
  const steps = nextSteps(mesh, assessGrid(mesh, emptyConfig)).map(
    ({cell}) => `${cell.stage.capability} ${cell.subject.name}`,
  )
  assert.deepEqual(steps.slice(0, 2), ['mtls page', 'mtls cart'])
  assert.equal(steps.at(-1), 'sidecars opted')
  assert.ok(steps.indexOf('sidecars report') < steps.indexOf('sidecars opted'))
  assert.ok(!steps.some(step => step.startsWith('mtls opted')))
})

test('why says who calls, and what to beware of', () => {
  const mesh = meshOf([
    namespace('shop'),
    app('cart'),
    app('page', {env: {CART_URL: 'http://cart'}}),
    workload('opted', {podLabels: 'sidecar.istio.io/inject: "false"', env: {U: 'http://page'}}),
  ])
  const why = (name: string): string | undefined =>
    nextSteps(mesh, assessGrid(mesh, emptyConfig)).find(({cell}) => cell.subject.name === name)?.why
  assert.match(why('cart') ?? '', /shop\/page calls it$/)
  assert.match(why('opted') ?? '', /nobody is known to call it; beware: its pod label turns injection off/)
})
