import assert from 'node:assert/strict'
import {test} from 'node:test'
import {buildMesh} from '../../../src/mesh/build.ts'
import {formatPath} from '../../../src/objects/json.ts'
import {parseText} from '../../../src/objects/parse.ts'
import {checks} from '../../../src/vet/schemas/checks.ts'
import {schemaFaults} from '../../../src/vet/schemas/faults.ts'
import {nodeAt, schemas, specSchema} from '../../../src/vet/schemas/schema.ts'

function faultsIn(kind: string, spec: string): readonly string[] {
  const text = `{apiVersion: networking.istio.io/v1, kind: ${kind}, metadata: {name: a}, spec: ${spec}}`
  return schemaFaults(buildMesh(parseText(text, 'a.yaml').objects, {})).map(
    ({what, path}) => `${what} ${formatPath(path)}`,
  )
}

const cases: readonly (readonly [kind: string, spec: string, faults: readonly string[]])[] = [
  ['VirtualService', '{hosts: [a], http: [{route: [{destination: {host: a}}]}]}', []],
  ['VirtualService', '{hosts: [a], http: [{timeout: 0.5s, route: [{destination: {host: a}}]}]}', []],
  ['VirtualService', '{hosts: [a], http: null}', []],
  ['VirtualService', '{hosts: a}', ['type spec.hosts']],
  ['VirtualService', '[]', ['type spec']],
  ['VirtualService', '{http: [[]]}', ['type spec.http[0]']],
  ['VirtualService', '{http: [{retires: {attempts: 1}}]}', ['unknown spec.http[0].retires']],
  ['VirtualService', '{http: [{timeout: 5}]}', ['type spec.http[0].timeout']],
  ['VirtualService', '{http: [{timeout: 5sec}]}', ['value spec.http[0].timeout']],
  ['VirtualService', '{http: [{timeout: 1us}]}', ['value spec.http[0].timeout']],
  ['VirtualService', '{http: [{__proto__: {}}]}', ['unknown spec.http[0].__proto__']],
  ['VirtualService', '{http: [{toString: 1}]}', ['unknown spec.http[0].toString']],
  [
    'Gateway',
    '{servers: [{hosts: [a], port: {number: 80, protocol: HTTP}}]}',
    ['required spec.servers[0].port'],
  ],
  ['Service', '{anything: goes}', []],
]

for (const [kind, spec, faults] of cases) {
  test(`${kind} ${spec}`, () => assert.deepEqual(faultsIn(kind, spec), faults))
}

test('a spec that is not there lacks what is required', () => {
  const text = '{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: a}}'
  const faults = schemaFaults(buildMesh(parseText(text, 'a.yaml').objects, {}))
  assert.deepEqual(
    faults.map(fault => (fault.what === 'required' ? fault.field : fault.what)),
    ['host'],
  )
})

test('every check that the schemas name is there, and every node', () => {
  const {nodes} = schemas()
  for (const node of nodes) {
    for (const name of node.c ?? []) assert.ok(Object.hasOwn(checks, name), name)
    const children = [...Object.values(node.p ?? {}), node.i, node.m].filter(one => one !== undefined)
    for (const child of children) assert.notEqual(nodeAt(child), null)
  }
})

test('a version of a kind that Istio does not serve is read like one that it does', () => {
  assert.equal(
    specSchema('networking.istio.io/v7', 'VirtualService'),
    specSchema('networking.istio.io/v1', 'VirtualService'),
  )
  assert.equal(specSchema('networking.istio.io/v1', 'constructor'), null)
})
