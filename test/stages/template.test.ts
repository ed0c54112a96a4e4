import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import test from 'node:test'
import {parseText} from '../../src/objects/parse.ts'
import {fill} from '../../src/stages/template.ts'

const policy = {name: 'cart', namespace: 'shop', service: 'cart', labels: {app: 'cart'}}

test('values go where they belong, comments too, and the text says what the value is', () => {
  const {value, yaml} = fill('mtls/walk/peer-authentication.yaml', policy)
  assert.deepEqual(value['metadata'], {name: 'cart', namespace: 'shop'})
  assert.match(yaml, /^# Pods behind the Service cart accept/)
  assert.match(yaml, /# PERMISSIVE is the way back/)
  assert.doesNotMatch(yaml, /<\w+>/)
})

test("what Kubernetes' parser would take for something else is quoted", () => {
  const labels = {
    app: 'yes',
    version: '0644',
    time: '12:30',
    day: '2020-01-01',
    number: '1e3',
    none: 'null',
    y: 'n',
    tilde: '~',
  }
  const {value, yaml} = fill('mtls/walk/peer-authentication.yaml', {...policy, name: 'on', labels})
  const [object] = parseText(yaml, 'x.yaml').objects
  assert.deepEqual(object?.value, value)
  assert.deepEqual((value['spec'] as {selector: {matchLabels: unknown}}).selector.matchLabels, labels)
})

test('a value with line breaks stays in its comment', () => {
  const {yaml, value} = fill('mtls/walk/peer-authentication.yaml', {...policy, service: 'a\nkind: Secret'})
  assert.deepEqual(parseText(yaml, 'x.yaml').objects[0]?.value, value)
  assert.equal(value['kind'], 'PeerAuthentication')
})

test('a field without a value is left out, an unknown one is a mistake', () => {
  const values = {
    name: 'a',
    namespace: 'b',
    provider: 'zipkin',
    sampling: 1,
    where: 'b/a',
    labels: {app: 'a'},
    disabled: undefined,
  }
  assert.doesNotMatch(fill('tracing/walk/telemetry.yaml', values).yaml, /disableSpanReporting/)
  assert.match(
    fill('tracing/walk/telemetry.yaml', {...values, disabled: false}).yaml,
    /disableSpanReporting: false/,
  )
  assert.throws(() => fill('mtls/walk/peer-authentication.yaml', {name: 'a'}), /asks for <namespace>/)
})

test('every template explains itself', () => {
  const folder = join(import.meta.dirname, '../../templates')
  const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name =>
    name.endsWith('.yaml'),
  )
  assert.ok(files.length >= 8)
  for (const file of files) assert.match(readFileSync(join(folder, file), 'utf8'), /^# \S/, file)
})
