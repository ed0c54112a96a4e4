import assert from 'node:assert/strict'
import {test} from 'node:test'
import {expandVariables, hostsIn} from '../../src/objects/host-values.ts'

const known = (host: string): boolean => ['reviews', 'ratings'].includes(host.split('.')[0] ?? '')

const kept: [value: string, hosts: string | undefined][] = [
  ['http://reviews:9080/api?token=abc', 'http://reviews:9080'],
  ['https://user:secret@api.example.com/x', 'https://api.example.com'],
  ['postgres://app:hunter2@db.example.com:5432/app?sslmode=require', 'postgres://db.example.com:5432'],
  ['jdbc:mysql://db:3306/app?password=x', 'jdbc:mysql://db:3306'],
  ['reviews', 'reviews'],
  ['reviews.shop:9080', 'reviews.shop:9080'],
  ['reviews:80,ratings:80', 'reviews:80,ratings:80'],
  ['hunter2', undefined],
  ['hunter2.pass.word', undefined],
  ['user:12345', undefined],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP', undefined],
  ['/var/run/reviews', undefined],
  ['true', undefined],
  ['', undefined],
  ['server:\n  url: http://reviews/\n  password: hunter2\n', 'http://reviews'],
]

for (const [value, hosts] of kept) {
  test(`Of ${JSON.stringify(value)} a snapshot keeps ${String(hosts)}`, () =>
    assert.equal(hostsIn(value, known), hosts))
}

test('Expands variables as Kubernetes does', () => {
  assert.equal(
    expandVariables('http://$(HOST):80/$(X)', new Map([['HOST', 'reviews']])),
    'http://reviews:80/$(X)',
  )
})
