import assert from 'node:assert/strict'
import test from 'node:test'
import {buildMesh} from '../../src/mesh/build.ts'
import type {MeshOptions} from '../../src/mesh/mesh.ts'
import {controlPlane, controlPlaneAssumption, controlPlaneCautions} from '../../src/stages/preconditions.ts'
import {app, meshConfig, meshOf, objectsOf, plan, verdict} from './manifests.ts'

const istiod = (revision: string, tag: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: istiod-${revision}, namespace: istio-system, labels: {app: istiod, istio.io/rev: ${revision}}}\nspec: {template: {spec: {containers: [{name: discovery, image: "docker.io/istio/pilot:${tag}"}]}}}`

const everything: MeshOptions = {complete: ['*']}
const live = (manifests: readonly string[]): ReturnType<typeof meshOf> =>
  buildMesh(
    objectsOf(...manifests).map(object => ({...object, source: null})),
    everything,
  )

const table: readonly (readonly [what: string, mesh: ReturnType<typeof meshOf>, state: string])[] = [
  ['manifests of applications', meshOf([app('cart')]), 'assumed'],
  ['manifests that are said to be all there is', meshOf([app('cart')], everything), 'assumed'],
  ['a cluster without one', live([app('cart')]), 'none'],
  ['a cluster with one', live([app('cart'), istiod('default', '1.31.0')]), 'one'],
  ['the mesh config alone', meshOf([meshConfig('rootNamespace: istio-system')]), 'one'],
  [
    'an IstioOperator',
    meshOf([
      'apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nmetadata: {name: x, namespace: istio-system}',
    ]),
    'one',
  ],
  ['two revisions', meshOf([istiod('a', '1.30.2'), istiod('b', '1.31.0-distroless')]), 'several'],
  ['two revisions too far apart', meshOf([istiod('a', '1.9.1'), istiod('b', '1.31.0')]), 'skew'],
]

for (const [what, mesh, state] of table)
  test(`control plane: ${what}: ${state}`, () => assert.equal(controlPlane(mesh).state, state))

test('versions are sorted as versions', () => {
  assert.deepEqual(controlPlane(meshOf([istiod('a', '1.31.0'), istiod('b', '1.9.1')])).versions, [
    '1.9',
    '1.31',
  ])
  assert.equal(
    controlPlaneCautions(meshOf([istiod('a', '1.31.0'), istiod('b', '1.9.1')]))[0]?.code,
    'control-plane-skew',
  )
})

test('none blocks every walk cell with the commands that install one; an assumed one is said and blocks nothing', () => {
  const mesh = live([app('cart')])
  assert.match(verdict(mesh, 'sidecars', 'cart'), /^blocked: control-plane/)
  for (const capability of ['tracing', 'mtls', 'resiliency'] as const)
    assert.match(verdict(mesh, capability, 'cart'), /blocked: .*control-plane/)
  const assumed = meshOf([app('cart')])
  assert.equal(verdict(assumed, 'sidecars', 'cart'), 'ready')
  assert.match(controlPlaneAssumption(assumed) ?? '', /assumed/)
  assert.ok(plan(assumed, 'sidecars', ['cart']).notes.some(({title}) => title === 'Assumption'))
})
