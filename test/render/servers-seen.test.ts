import assert from 'node:assert/strict'
import {it} from 'node:test'

import type {ServerSeen} from '../../src/flows/look-at-servers.ts'
import {serversSeen} from '../../src/render/servers-seen.ts'
import {plain} from '../../src/terminal/style.ts'

function unseen(service: string): ServerSeen {
  return {
    server: {namespace: 'shop', service},
    by: 'nothing',
    seconds: 0,
    requests: {plaintext: null, tls: null, mtls: null, all: null},
    unexplained: null,
    missing: [],
    hint: `meshctl clients observe --target shop/${service}`,
  }
}

const read: ServerSeen = {
  ...unseen('cart'),
  by: 'access-log',
  seconds: 300,
  requests: {plaintext: 0, tls: 0, mtls: 9, all: 9},
  hint: null,
}

it('says of each server what was seen, and how more would be', () => {
  assert.equal(
    serversSeen([read, unseen('a')], plain),
    `Seen at the servers
  ok shop/cart: 0 in plaintext of 9 requests in 300 s, 9 over mTLS (access log)
  info shop/a: nothing was seen
      meshctl clients observe --target shop/a`,
  )
})

it('says of many servers at which nothing was seen once', () => {
  assert.equal(
    serversSeen([unseen('a'), read, ...['b', 'c', 'd'].map(unseen)], plain),
    `Seen at the servers
  ok shop/cart: 0 in plaintext of 9 requests in 300 s, 9 over mTLS (access log)
  info nothing was seen of 4 more: shop/a, shop/b, shop/c, shop/d
      of shop/a: meshctl clients observe --target shop/a`,
  )
})
