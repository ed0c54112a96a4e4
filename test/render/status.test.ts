import assert from 'node:assert/strict'
import test from 'node:test'
import {statusText} from '../../src/render/status.ts'
import type {StatusResult} from '../../src/flows/status.ts'
import {plain} from '../../src/terminal/style.ts'

const cell = (stage: string, name: string, code: string, message: string): StatusResult['cells'][number] =>
  ({
    capability: 'mtls',
    stage,
    subject: {kind: stage === 'run' ? 'mesh' : 'service', namespace: stage === 'run' ? '' : 'shop', name},
    state: 'ready',
    reasons: [{code, message, objects: [], unblock: null}],
  }) as StatusResult['cells'][number]

function textOf(cells: StatusResult['cells']): string {
  return statusText(
    {
      istio: {minor: '1.31', source: 'cluster'} as unknown as StatusResult['istio'],
      input: {from: [], context: 'test', files: 0, objects: 9},
      cells,
      folds: [],
      gaps: [],
      problems: [],
      assumptions: [],
      next: null,
    },
    plain,
  )
}

test('exceptions to mTLS are counted as a debt, and doors that nobody uses are named', () => {
  const text = textOf([
    cell(
      'run',
      'mesh',
      'exceptions-remain',
      'PeerAuthentication shop/stock still allows plaintext: port 8080',
    ),
    cell('walk', 'cart', 'carve-outs-remain', 'port 9090 of its pods still takes plaintext'),
    cell('walk', 'page', 'plaintext-door-open', 'encrypted by all, plaintext door still open'),
  ])
  assert.match(text, /2 exceptions to mTLS, a debt until gone/)
  assert.match(text, /PeerAuthentication shop\/stock still allows plaintext/)
  assert.match(text, /shop\/cart: port 9090 of its pods/)
  assert.match(text, /encrypted by all, plaintext door still open: shop\/page/)
})

test('without any, nothing is said of it', () => {
  assert.doesNotMatch(textOf([cell('walk', 'cart', 'client-not-in-mesh', 'x')]), /Still open|debt/)
})
