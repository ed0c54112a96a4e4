import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {describePermission, rulesToGrant} from '../../../src/changes/live/access.ts'
import {rolloutOf} from '../../../src/changes/live/rollouts.ts'
import type {JsonObject} from '../../../src/objects/object.ts'

const workload = (kind: string, spec: JsonObject, status: JsonObject): JsonObject => ({
  kind,
  metadata: {generation: 2},
  spec,
  status,
})
const seen = {observedGeneration: 2}

const cases: readonly [string, JsonObject, string | null][] = [
  [
    'not seen by its controller',
    workload(
      'Deployment',
      {replicas: 1},
      {observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1, replicas: 1},
    ),
    'its controller has not seen the change yet',
  ],
  ['no status at all', workload('Deployment', {}, {}), 'its controller has not seen the change yet'],
  [
    'not all updated',
    workload('Deployment', {replicas: 3}, {...seen, updatedReplicas: 1, replicas: 4}),
    '1 of 3 pods are updated',
  ],
  [
    'not all available',
    workload('Deployment', {replicas: 3}, {...seen, updatedReplicas: 3, availableReplicas: 2, replicas: 3}),
    '2 of 3 pods are available',
  ],
  [
    'old ones left',
    workload('Deployment', {replicas: 2}, {...seen, updatedReplicas: 2, availableReplicas: 2, replicas: 3}),
    '1 old pods are still there',
  ],
  [
    'done',
    workload('Deployment', {replicas: 2}, {...seen, updatedReplicas: 2, availableReplicas: 2, replicas: 2}),
    null,
  ],
  ['scaled to nothing', workload('Deployment', {replicas: 0}, seen), null],
  [
    'a DaemonSet',
    workload('DaemonSet', {}, {...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 1}),
    '1 of 2 pods are updated',
  ],
  [
    'a StatefulSet with a partition',
    workload(
      'StatefulSet',
      {replicas: 3, updateStrategy: {rollingUpdate: {partition: 1}}},
      {...seen, updatedReplicas: 2, availableReplicas: 3},
    ),
    null,
  ],
  [
    'one that is updated by hand',
    workload('StatefulSet', {replicas: 3, updateStrategy: {type: 'OnDelete'}}, seen),
    null,
  ],
]

describe('rolloutOf', () => {
  for (const [name, value, expected] of cases) it(name, () => assert.equal(rolloutOf(value), expected))
})

describe('rulesToGrant', () => {
  const missing = [
    {verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop'},
    {verb: 'get', group: 'apps', resource: 'deployments', namespace: 'shop'},
    {verb: 'create', group: '', resource: 'namespaces', namespace: ''},
  ]
  it('makes a role and its binding for each place', () => {
    const made = rulesToGrant(missing, 'system:serviceaccount:ci:deployer')
    assert.deepEqual(
      made.map(one => one['kind']),
      ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
    )
    assert.deepEqual(made[2]?.['rules'], [
      {apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch', 'get']},
    ])
    assert.deepEqual(made[3]?.['subjects'], [{kind: 'ServiceAccount', namespace: 'ci', name: 'deployer'}])
  })
  it('says them in words', () =>
    assert.deepEqual(missing.map(describePermission), [
      'patch deployments.apps in shop',
      'get deployments.apps in shop',
      'create namespaces',
    ]))
})
