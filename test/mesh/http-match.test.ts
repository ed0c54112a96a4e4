import assert from 'node:assert/strict'
import test from 'node:test'
import {concernsClient, methodsOf, readHttpMatch, sourceIgnored} from '../../src/mesh/http-match.ts'
import type {Json, JsonObject} from '../../src/objects/object.ts'

const methods: readonly (readonly [string, Json | undefined, readonly string[] | null])[] = [
  ['no match', undefined, null],
  ['exact', {exact: 'GET'}, ['GET']],
  ['prefix', {prefix: 'P'}, ['PUT', 'POST', 'PATCH']],
  ['regex', {regex: 'GET|HEAD'}, ['GET', 'HEAD']],
  ['a regex matches the whole method', {regex: 'P'}, []],
  ['a regex without case', {regex: '(?i)get'}, ['GET']],
  ['a regex that cannot be compiled may match all', {regex: '('}, null],
  ['presence', {}, null],
  ['a wrong type', 'GET', null],
]

for (const [title, match, expected] of methods) {
  test(`methods: ${title}`, () => assert.deepEqual(methodsOf(match), expected))
}

const matches: readonly (readonly [JsonObject, readonly string[]])[] = [
  [{}, []],
  [{uri: {prefix: '/'}}, []],
  [{uri: {regex: '.*'}}, []],
  [{uri: {}}, []],
  [{uri: {exact: '/'}}, ['uri is /']],
  [{uri: {prefix: '/api'}, ignoreUriCase: true}, ['uri starts with /api (any case)']],
  [{method: {exact: 'GET'}}, ['method is GET']],
  [{headers: {'end-user': {exact: 'jason'}, x: {}}}, ['header end-user is jason', 'header x is present']],
  [{withoutHeaders: {x: {}}}, ['not header x is present']],
  [{queryParams: {v: {regex: '1.*'}}}, ['query v matches 1.*']],
  [{scheme: {exact: 'https'}, authority: {prefix: 'a.'}}, ['scheme is https', 'authority starts with a.']],
  [{sourceLabels: {app: 'client'}, sourceNamespace: 'cli', port: 80, gateways: ['mesh'], name: 'x'}, []],
]

for (const [value, conditions] of matches) {
  test(`conditions of ${JSON.stringify(value)}`, () => {
    const match = readHttpMatch(value)
    assert.deepEqual(match.conditions, conditions)
    assert.equal(match.everything, conditions.length === 0)
  })
}

const client = {labels: {app: 'client', version: 'v1'}, namespace: 'cli'}
const concerns: readonly (readonly [JsonObject, boolean, boolean?])[] = [
  [{}, true],
  [{port: 80}, true],
  [{port: 81}, false],
  [{sourceLabels: {app: 'client'}}, true],
  [{sourceLabels: {app: 'other'}}, false],
  [{sourceLabels: {constructor: 'x'}}, false],
  [{sourceNamespace: 'cli'}, true],
  [{sourceNamespace: 'other'}, false],
  [{gateways: ['mesh']}, true],
  [{gateways: ['gw']}, false],
  [{gateways: ['mesh'], sourceLabels: {app: 'other'}, sourceNamespace: 'other'}, true, true],
  [{gateways: ['mesh'], port: 81}, false],
]

for (const [value, expected, ignored = false] of concerns) {
  test(`${JSON.stringify(value)} ${expected ? 'concerns' : 'does not concern'} the client`, () => {
    const match = readHttpMatch(value)
    assert.equal(concernsClient(match, client, 80), expected)
    assert.equal(sourceIgnored(match), ignored)
  })
}
