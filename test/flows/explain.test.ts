import assert from 'node:assert/strict'
import {describe, it} from 'node:test'

import {explain, explainAll, findClient, findServers} from '../../src/flows/explain.ts'
import {bookinfo} from './bookinfo.ts'

const input = await bookinfo()
const {mesh} = input
const known = ['observed', 'declared', 'inferred'] as const

describe('explain', () => {
  it('finds a client by name, namespace and kind', () => {
    for (const name of [
      'ratings-export',
      'batch/ratings-export',
      'deployment/batch/ratings-export',
      'workload/batch/ratings-export',
    ]) {
      assert.equal(findClient(mesh, name).workload, 'ratings-export')
    }
    assert.equal(findClient(mesh, 'gateway/istio-system/istio-ingressgateway').kind, 'gateway')
    assert.throws(() => findClient(mesh, 'bookinfo/ratings-export'), {code: 'unknown-name'})
  })

  it('finds a server by name, port, namespace and host', () => {
    const names = ['ratings', 'ratings:9080', 'bookinfo/ratings', 'ratings.bookinfo.svc.cluster.local:9080']
    for (const name of names) assert.equal(findServers(mesh, name, 'batch')[0]?.service.name, 'ratings')
    assert.deepEqual(
      findServers(mesh, 'productpage', '').map(({port}) => port.port),
      [9080, 9081],
    )
    assert.throws(() => findServers(mesh, 'ratings:80', ''), {
      code: 'unknown-name',
      message: /port of bookinfo\/ratings/,
    })
    assert.throws(() => findServers(mesh, 'ratings.bookinfo.svc.cluster.locl', ''), {
      message: /Did you mean ratings\.bookinfo\.svc\.cluster\.local\?/,
    })
  })

  it('answers for each port of the server', () => {
    const {edges} = explain(input, 'reviews-v1', 'productpage')
    assert.deepEqual(
      edges.map(({server}) => server.port),
      [9080, 9081],
    )
    assert.equal(edges[0]?.knowledge, 'possible')
  })

  it('narrows all edges by client, server, namespace and knowledge', () => {
    const count = (narrowing: Partial<Parameters<typeof explainAll>[1]>): number =>
      [...explainAll(mesh, {knowledge: known, namespaces: [], ...narrowing})].length
    assert.equal(count({}), mesh.edges().length)
    assert.equal(count({client: 'productpage'}), 2)
    assert.equal(count({server: 'ratings'}), 3)
    assert.equal(count({namespaces: ['batch']}), 2)
    assert.equal(count({knowledge: ['observed']}), 0)
    assert.ok(count({knowledge: ['possible']}) > 20)
  })
})
