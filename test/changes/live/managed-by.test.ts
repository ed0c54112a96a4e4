import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {managerOf} from '../../../src/changes/live/managed-by.ts'
import type {JsonObject} from '../../../src/objects/object.ts'

const cases: readonly [string, JsonObject, string | null][] = [
  ['nothing', {}, null],
  ['no metadata that is one', {labels: 5, managedFields: 'x'}, null],
  ['the common label alone is nobody', {labels: {'app.kubernetes.io/instance': 'shop'}}, null],
  [
    'Argo CD by its annotation',
    {annotations: {'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/cart'}},
    'Argo CD shop',
  ],
  ['Argo CD by its label', {labels: {'argocd.argoproj.io/instance': 'shop'}}, 'Argo CD shop'],
  [
    'Argo CD by the common label, with its field manager',
    {
      labels: {'app.kubernetes.io/instance': 'shop'},
      managedFields: [{manager: 'argocd-controller', operation: 'Apply'}],
    },
    'Argo CD shop',
  ],
  [
    'Flux Kustomization',
    {
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
      },
    },
    'Flux flux-system/apps',
  ],
  [
    'Flux HelmRelease, before Helm',
    {
      labels: {'helm.toolkit.fluxcd.io/name': 'shop', 'app.kubernetes.io/managed-by': 'Helm'},
      annotations: {'meta.helm.sh/release-name': 'shop'},
    },
    'Flux shop',
  ],
  [
    'Helm by its annotations',
    {annotations: {'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'apps'}},
    'Helm apps/shop',
  ],
  [
    'Helm by the label of its charts',
    {labels: {'app.kubernetes.io/managed-by': 'Helm', 'app.kubernetes.io/instance': 'shop'}},
    'Helm shop',
  ],
  ['another tool in that label', {labels: {'app.kubernetes.io/managed-by': 'meshctl'}}, null],
  [
    'a controller',
    {ownerReferences: [{kind: 'Shop', name: 'main', controller: true}]},
    'a controller Shop main',
  ],
  ['an owner that does not control', {ownerReferences: [{kind: 'Shop', name: 'main'}]}, null],
]

describe('managerOf', () => {
  for (const [name, metadata, expected] of cases) {
    it(name, () => {
      const manager = managerOf({apiVersion: 'apps/v1', kind: 'Deployment', metadata})
      assert.equal(manager === null ? null : `${manager.tool} ${manager.name}`, expected)
    })
  }
})
