import assert from 'node:assert/strict'
import test from 'node:test'
import {needsIdentity, namedClients, readAuthorization} from '../../src/mesh/authorization.ts'
import {meshOf, workloadOf} from '../support/mesh.ts'
import type {Mesh} from '../../src/mesh/mesh.ts'

const policy = (name: string, spec: string, namespace = 'shop'): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---`

const server = (labels: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: server, namespace: shop}
spec:
  template:
    metadata: {labels: {${labels}}}
    spec: {containers: [{name: app, image: app}]}
---`

function attached(mesh: Mesh): readonly string[] {
  return mesh.authorization(workloadOf(mesh, 'shop/server')).map(object => object.id.name)
}

const attachments: readonly (readonly [string, string, readonly string[]])[] = [
  ['of its namespace', policy('a', '{}'), ['a']],
  ['of the root namespace first', policy('a', '{}') + policy('r', '{}', 'istio-system'), ['r', 'a']],
  [
    'of the root namespace by selector',
    policy('r', '{selector: {matchLabels: {app: server}}}', 'istio-system'),
    ['r'],
  ],
  ['of another namespace', policy('a', '{}', 'other'), []],
  ['by a selector that matches', policy('a', '{selector: {matchLabels: {app: server}}}'), ['a']],
  ['by a selector that does not match', policy('a', '{selector: {matchLabels: {app: other}}}'), []],
  [
    'by targetRefs, to a workload that is no gateway',
    policy('a', '{targetRefs: [{kind: Service, name: server}]}'),
    [],
  ],
  ['by the old targetRef as well', policy('a', '{targetRef: {kind: Gateway, name: server}}'), []],
  [
    'of another project with the same kind',
    policy('a', '{}').replace('security.istio.io/v1', 'policy.linkerd.io/v1alpha1'),
    [],
  ],
]

for (const [title, yaml, names] of attachments) {
  test(`AuthorizationPolicy: ${title}`, () =>
    assert.deepEqual(attached(meshOf(server('app: server') + yaml)), names))
}

test('AuthorizationPolicy: by targetRefs to a gateway of the Gateway API', () => {
  const labels = 'gateway.networking.k8s.io/gateway-name: gw'
  assert.deepEqual(
    attached(
      meshOf(
        server(labels) +
          policy('a', '{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: gw}]}'),
      ),
    ),
    ['a'],
  )
  assert.deepEqual(
    attached(
      meshOf(
        server(labels) +
          policy('a', '{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g2}]}'),
      ),
    ),
    [],
  )
})

function read(spec: string): ReturnType<typeof readAuthorization> {
  const [object] = meshOf(policy('a', spec)).objects('AuthorizationPolicy')
  assert.ok(object !== undefined)
  return readAuthorization(object)
}

test('a policy is read with its values and their negations', () => {
  const {action, rules} = read(
    '{action: DENY, rules: [{from: [{source: {principals: [a], notNamespaces: [b]}}], to: [{operation: {ports: [8080, "81"], notPaths: [/x]}}], when: [{key: source.ip, notValues: [c]}]}, {}]}',
  )
  assert.equal(action, 'DENY')
  assert.equal(rules.length, 2)
  const [rule] = rules
  assert.deepEqual(rule?.from[0]?.principals, {in: ['a'], notIn: []})
  assert.deepEqual(rule?.from[0]?.namespaces, {in: [], notIn: ['b']})
  assert.deepEqual(rule?.to[0]?.ports, {in: ['8080', '81'], notIn: []})
  assert.deepEqual(rule?.to[0]?.paths, {in: [], notIn: ['/x']})
  assert.deepEqual(rule?.when, [
    {key: 'source.ip', in: [], notIn: ['c'], path: ['spec', 'rules', 0, 'when', 0]},
  ])
  assert.equal(read('{}').action, 'ALLOW')
})

const identities: readonly (readonly [string, boolean])[] = [
  ['{rules: [{}]}', false],
  ['{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}', false],
  ['{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}', false],
  ['{rules: [{from: [{source: {principals: ["*"]}}]}]}', true],
  ['{rules: [{from: [{source: {notNamespaces: [a]}}]}]}', true],
  ['{rules: [{from: [{source: {serviceAccounts: [a]}}]}]}', true],
  ['{rules: [{when: [{key: source.principal, values: [a]}]}]}', true],
  ['{rules: [{when: [{key: source.ip, values: [10.0.0.0/8]}]}]}', false],
]

for (const [spec, expected] of identities) {
  test(`${spec} ${expected ? 'needs' : 'does not need'} a client's identity`, () =>
    assert.equal(needsIdentity(read(spec)), expected))
}

test('clients are named only without a wildcard, and only by policies that allow', () => {
  const from =
    '{from: [{source: {principals: ["cluster.local/ns/cli/sa/batch", "*/ns/cli/sa/web", "odd"], namespaces: [tools, "t*"], serviceAccounts: [local, other/remote]}}]}'
  const when =
    '{when: [{key: source.namespace, values: [late]}, {key: source.principal, values: ["td/ns/x/sa/y"]}]}'
  const clients = namedClients(read(`{rules: [${from}, ${when}]}`))
  assert.deepEqual(
    clients.map(client => [client.namespace, client.serviceAccount]),
    [
      ['cli', 'batch'],
      ['shop', 'local'],
      ['other', 'remote'],
      ['tools', null],
      ['late', null],
      ['x', 'y'],
    ],
  )
  assert.deepEqual(clients[0]?.path, ['spec', 'rules', 0, 'from', 0, 'source', 'principals', 0])
  assert.deepEqual(namedClients(read(`{action: DENY, rules: [${from}]}`)), [])
})

test('values of any type anywhere do not crash it', () => {
  for (const spec of [
    'null',
    '3',
    '{rules: 3}',
    '{rules: [null, 3, {from: [3, {}], to: [null], when: [3, {}]}]}',
    '{rules: [{from: {}, to: x}], action: 3, selector: 3, targetRefs: [3]}',
  ]) {
    assert.doesNotThrow(() => namedClients(read(spec)), spec)
  }
})
