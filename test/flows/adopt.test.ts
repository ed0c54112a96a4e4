import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {MeshctlError} from '../../src/cli/error.ts'
import {planAdoption} from '../../src/flows/adopt.ts'
import type {Request} from '../../src/flows/adopt.ts'
import {manifests} from '../../src/flows/manifests.ts'
import {parseText} from '../../src/objects/parse.ts'
import {bookinfo} from './bookinfo.ts'

const mtls: Request = {capability: 'mtls', stage: 'walk', targets: [], allReady: false, answers: {}}
const input = await bookinfo()

describe('adopt', () => {
  it('plans for all that are ready, and names what is in the way of the others', () => {
    const {result} = planAdoption(input, mtls)
    assert.deepEqual(result.planned.map(({name}) => name).sort(), ['details', 'productpage', 'reviews'])
    const ratings = result.blocked.find(({subject}) => subject.name === 'ratings')
    assert.match(ratings?.reasons[0]?.message ?? '', /batch\/ratings-export has no sidecar/)
    assert.deepEqual(result.blastRadius.broken, [])
  })

  it('shows what the shortcut would cut', () => {
    const broken = planAdoption(input, mtls).result.contrast?.broken ?? []
    assert.deepEqual(
      broken.map(({client, server}) => `${client.workload} ${server.service}`),
      ['ratings-export ratings'],
    )
  })

  it('gives the command line that does the same', () => {
    const request = {...mtls, targets: ['details'], answers: {'pin-clients': 'true'}}
    assert.match(
      planAdoption(input, request).result.reproduce,
      /^meshctl adopt mtls --stage walk --target details --pin-clients --from \S+$/,
    )
  })

  it('prints manifests that mean what the changes mean', () => {
    const {set, result} = planAdoption(input, mtls)
    const {objects, problems} = parseText(manifests(set), '-')
    assert.deepEqual(problems, [])
    assert.deepEqual(
      objects.map(({id}) => `${id.kind} ${id.name}`),
      result.changes.map(({object}) => `${object.kind} ${object.name}`),
    )
  })

  const refused: readonly (readonly [string, Request, string, RegExp])[] = [
    ['a named target that is blocked', {...mtls, targets: ['ratings']}, 'refused', /ratings-export/],
    ['a name that is not there', {...mtls, targets: ['detials']}, 'unknown-name', /Did you mean details\?/],
    [
      'a kind that it is not',
      {...mtls, targets: ['workload/bookinfo/details']},
      'unknown-name',
      /no service/,
    ],
    ['a stage that cannot be planned', {...mtls, stage: 'jetpack'}, 'not-plannable', /mtls jetpack/],
    ['all where all must be named', {...mtls, capability: 'sidecars'}, 'missing-flag', /--all-ready/],
    ['an answer to another question', {...mtls, answers: {sampling: '5'}}, 'usage', /--sampling/],
    [
      'an answer that does not do',
      {...mtls, capability: 'resiliency', answers: {timeout: 'soon'}},
      'invalid-value',
      /--timeout/,
    ],
  ]
  for (const [name, request, code, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => planAdoption(input, request),
        (error: unknown) => {
          assert.ok(error instanceof MeshctlError)
          assert.equal(error.code, code)
          assert.match(error.message, message)
          assert.ok(error.details.try.length > 0)
          return true
        },
      )
    })
  }

  it('takes a target by name, with its namespace, or with its kind', () => {
    for (const target of ['details', 'bookinfo/details', 'service/bookinfo/details']) {
      const {planned} = planAdoption(input, {...mtls, targets: [target]}).result
      assert.deepEqual(planned, [{kind: 'service', namespace: 'bookinfo', name: 'details'}])
    }
    const sidecar: Request = {...mtls, capability: 'sidecars', targets: ['deployment/batch/ratings-export']}
    assert.equal(planAdoption(input, sidecar).result.planned.length, 1)
  })

  it('plans in the namespaces asked for only', async () => {
    const batch = await bookinfo({namespace: ['batch']})
    assert.throws(() => planAdoption(batch, mtls), {code: 'refused'})
    const sidecars: Request = {...mtls, capability: 'sidecars'}
    assert.equal(planAdoption(batch, sidecars).result.planned.length, 1)
  })
})
