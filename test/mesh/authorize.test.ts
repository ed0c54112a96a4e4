import assert from 'node:assert/strict'
import test from 'node:test'
import {authorize} from '../../src/mesh/authorize.ts'
import {meshOf, workloadOf} from '../support/mesh.ts'

const deployment = (name: string, namespace: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: ${name}}}
    spec: {serviceAccountName: ${name}, containers: [{name: app, image: app}]}
---`

const policy = (spec: string, index: number): string => `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p${index}, namespace: shop}
spec: ${spec}
---`

const allow = (rule: string): string => `{rules: [${rule}]}`
const deny = (rule: string): string => `{action: DENY, rules: [${rule}]}`
const me = '{from: [{source: {principals: [cluster.local/ns/cli/sa/web]}}]}'
const other = '{from: [{source: {principals: [cluster.local/ns/cli/sa/other]}}]}'

type Verdict = 'allowed' | 'denied' | 'depends'

/** Policies of `shop`, and what becomes of `cli/web` calling pod port 8080 over mTLS, and in plaintext. */
const cases: readonly (readonly [
  title: string,
  policies: readonly string[],
  mtls: Verdict,
  plaintext: Verdict,
])[] = [
  ['none', [], 'allowed', 'allowed'],
  ['an empty one denies all', ['{}'], 'denied', 'denied'],
  ['one with an empty rule allows all', [allow('{}')], 'allowed', 'allowed'],
  ['a principal', [allow(me)], 'allowed', 'denied'],
  ['another principal', [allow(other)], 'denied', 'denied'],
  ['one of two', [allow(other), allow(me)], 'allowed', 'denied'],
  ['any principal asks for mTLS', [allow('{from: [{source: {principals: ["*"]}}]}')], 'allowed', 'denied'],
  ['a principal by suffix', [allow('{from: [{source: {principals: ["*/sa/web"]}}]}')], 'allowed', 'denied'],
  [
    'a principal by prefix',
    [allow('{from: [{source: {principals: ["cluster.local/ns/cli/*"]}}]}')],
    'allowed',
    'denied',
  ],
  ['a namespace', [allow('{from: [{source: {namespaces: [cli]}}]}')], 'allowed', 'denied'],
  [
    'a namespace with a star within',
    [allow('{from: [{source: {namespaces: ["c*i"]}}]}')],
    'allowed',
    'denied',
  ],
  [
    'a service account of the policy’s namespace is another',
    [allow('{from: [{source: {serviceAccounts: [web]}}]}')],
    'denied',
    'denied',
  ],
  [
    'a service account with its namespace',
    [allow('{from: [{source: {serviceAccounts: [cli/web]}}]}')],
    'allowed',
    'denied',
  ],
  [
    'an excluded namespace lets the unidentified pass',
    [allow('{from: [{source: {notNamespaces: [cli]}}]}')],
    'denied',
    'allowed',
  ],
  ['denied by principal', [deny(me)], 'denied', 'allowed'],
  ['denied beats allowed', [allow('{}'), deny(me)], 'denied', 'allowed'],
  ['denied unless identified', [deny('{from: [{source: {notPrincipals: ["*"]}}]}')], 'allowed', 'denied'],
  ['an empty DENY does nothing', ['{action: DENY}'], 'allowed', 'allowed'],
  ['its port', [allow('{to: [{operation: {ports: ["8080"]}}]}')], 'allowed', 'allowed'],
  ['another port', [allow('{to: [{operation: {ports: ["80"]}}]}')], 'denied', 'denied'],
  ['every port but one', [allow('{to: [{operation: {notPorts: ["8080"]}}]}')], 'denied', 'denied'],
  [
    'a port as a condition',
    [allow('{when: [{key: destination.port, values: ["8080"]}]}')],
    'allowed',
    'allowed',
  ],
  ['a method decides per request', [allow('{to: [{operation: {methods: [GET]}}]}')], 'depends', 'depends'],
  [
    'a method for somebody else does not',
    [allow('{from: [{source: {principals: [x]}}], to: [{operation: {methods: [GET]}}]}')],
    'denied',
    'denied',
  ],
  [
    'a denied path decides per request',
    [deny('{to: [{operation: {paths: [/admin]}}]}')],
    'depends',
    'depends',
  ],
  [
    'a method does not matter if another policy allows all',
    [allow('{to: [{operation: {methods: [GET]}}]}'), allow('{}')],
    'allowed',
    'allowed',
  ],
  [
    'an address decides per request',
    [allow('{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}')],
    'depends',
    'depends',
  ],
  [
    'a token decides per request',
    [allow('{from: [{source: {requestPrincipals: ["*"]}}]}')],
    'depends',
    'depends',
  ],
  ['somebody else is asked', ['{action: CUSTOM, provider: {name: x}, rules: [{}]}'], 'depends', 'depends'],
  ['an audit changes nothing', ['{action: AUDIT, rules: [{}]}'], 'allowed', 'allowed'],
]

for (const [title, policies, mtls, plaintext] of cases) {
  test(`authorize: ${title}`, () => {
    const mesh = meshOf(
      deployment('web', 'cli') + deployment('server', 'shop') + policies.map(policy).join(''),
    )
    const [client, server] = [workloadOf(mesh, 'cli/web'), workloadOf(mesh, 'shop/server')]
    const secure = authorize(mesh, {workload: client, identified: true}, server, 8080)
    assert.equal(secure.verdict, mtls)
    assert.equal(authorize(mesh, {workload: client, identified: false}, server, 8080).verdict, plaintext)
    if (mtls !== 'allowed')
      assert.ok(secure.facts.some(fact => fact.object?.id.kind === 'AuthorizationPolicy'))
  })
}

test('cluster.local in a policy is the trust domain of the mesh', () => {
  const config = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "trustDomain: corp"}
---`
  const mesh = meshOf(config + deployment('web', 'cli') + deployment('server', 'shop') + policy(allow(me), 0))
  const caller = {workload: workloadOf(mesh, 'cli/web'), identified: true}
  assert.equal(authorize(mesh, caller, workloadOf(mesh, 'shop/server'), 8080).verdict, 'allowed')
})
