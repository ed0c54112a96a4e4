import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import type {Change} from '../../src/changes/change-set.ts'
import {askConsent, dropRisks} from '../../src/flows/consent.ts'
import type {JsonObject} from '../../src/objects/object.ts'
import type {Prompts} from '../../src/terminal/prompts.ts'

const radius = {improved: [], changed: [], unchanged: 0, unknown: [], broken: []}

function restart(kind: string, spec: JsonObject): Change {
  const id = {cluster: '', apiVersion: 'apps/v1', kind, namespace: 'shop', name: 'cart'}
  const value = {apiVersion: 'apps/v1', kind, spec: {...spec, template: {metadata: {labels: {}}}}}
  const after = {...value, spec: {...spec, template: {metadata: {labels: {inject: 'true'}}}}}
  return {action: 'update', id, before: {id, value, source: null}, after, reason: 'a test'}
}

function asked(...changes: readonly Change[]): Parameters<typeof askConsent>[0] {
  const set = {phases: [{title: 'one', changes}], notes: []}
  return {set, radius, name: 'shop/cart', reproduce: 'meshctl adopt sidecars --yes'}
}

const answering = (answer: boolean): Prompts => ({
  select: () => assert.fail('nothing to choose'),
  input: async () => 'shop/cart',
  confirm: async () => answer,
})

describe('dropRisks', () => {
  for (const [kind, spec, risky] of [
    ['Deployment', {replicas: 1}, false],
    ['Deployment', {replicas: 3, strategy: {type: 'Recreate'}}, true],
    ['StatefulSet', {replicas: 1}, true],
    ['StatefulSet', {replicas: 3}, false],
    ['DaemonSet', {}, true],
  ] as const) {
    it(`${risky ? 'names' : 'leaves out'} a restart of ${kind} ${JSON.stringify(spec)}`, () => {
      const {set} = asked(restart(kind, spec))
      assert.equal(dropRisks({set, radius}).length > 0, risky)
    })
  }
})

describe('askConsent', () => {
  const nobody = {yes: false, confirm: undefined, prompts: null}
  const safe = asked(restart('Deployment', {replicas: 2}))
  const risky = asked(restart('DaemonSet', {}))

  it('wants --yes where nobody can be asked', async () => {
    await assert.rejects(askConsent(safe, nobody), {code: 'consent-not-given'})
    await askConsent(safe, {...nobody, yes: true})
  })

  it('wants the name too where traffic may drop', async () => {
    await assert.rejects(askConsent(risky, {...nobody, yes: true}), {message: /--confirm shop\/cart/})
    await assert.rejects(askConsent(risky, {...nobody, yes: true, confirm: 'cart'}), {
      code: 'consent-not-given',
    })
    await askConsent(risky, {...nobody, yes: true, confirm: 'shop/cart'})
  })

  it('asks in a terminal, and takes no for an answer', async () => {
    await askConsent(safe, {...nobody, prompts: answering(true)})
    await assert.rejects(askConsent(safe, {...nobody, prompts: answering(false)}), {
      code: 'consent-not-given',
    })
    await askConsent(risky, {...nobody, prompts: answering(false)})
  })
})
