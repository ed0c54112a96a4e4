import assert from 'node:assert/strict'
import {it} from 'node:test'

import {rotatedSince} from '../../src/evidence/pod-log.ts'
import type {KubeObject} from '../../src/objects/object.ts'

const pod = (statuses: 'initContainerStatuses' | 'containerStatuses'): KubeObject => ({
  id: {cluster: '', apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'server'},
  value: {
    status: {[statuses]: [{name: 'istio-proxy', state: {running: {startedAt: '2026-11-25T19:02:00Z'}}}]},
  },
  source: null,
})

for (const [what, head, rotated] of [
  ['begins with its proxy', '2026-11-25T19:02:01.319469000Z 2026-11-25T19:02:01.319469Z\tinfo', null],
  ['was rotated', '2026-11-25T19:40:00.5Z [2026-11-25T19:39:59Z] "GET', '2026-11-25T19:40:00.500Z'],
  ['is empty', '', null],
] as const) {
  it(`a log that ${what}`, () => {
    for (const statuses of ['initContainerStatuses', 'containerStatuses'] as const)
      assert.equal(rotatedSince(pod(statuses), head)?.toISOString() ?? null, rotated)
  })
}
