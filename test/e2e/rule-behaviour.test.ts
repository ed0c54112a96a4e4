import assert from 'node:assert/strict'
import {after, before, it} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {isDeepStrictEqual} from 'node:util'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {describeOnTestbed} from '../testbed/suite.ts'
import {cast, meshConfig} from './behaviour/cast.ts'
import {readCases} from './behaviour/cases.ts'
import {Stage} from './behaviour/stage.ts'
import {findingsOf} from './behaviour/vet.ts'

const cases = await readCases()
const patienceMs = 15_000

describeOnTestbed('what rules of vet say of a mesh comes true', {timeout: 900_000}, () => {
  let cluster: Cluster
  let stage: Stage

  before(async () => {
    cluster = await startCluster({name: 'behaviour', istio: {meshConfig}})
    stage = await Stage.in(cluster)
    await stage.play(cast, ...cases.map(one => one.with ?? ''))
  })
  after(async () => {
    await stage?.end()
    await cluster?.stop()
  })

  for (const behaviour of cases) {
    const {rule, bad, fixed, observe, misbehaves, behaves} = behaviour
    it(`${rule}: misbehaves, and no more when it is repaired`, async () => {
      assert.notDeepEqual(findingsOf(behaviour, bad), [], 'vet reports the bad objects')
      assert.deepEqual(findingsOf(behaviour, fixed), [], 'vet is silent on the repaired ones')
      try {
        await stage.play(bad)
        assert.deepEqual(await seen(() => observe(stage), misbehaves), misbehaves, 'with the bad objects')
        await stage.replace(bad, fixed)
        assert.deepEqual(await seen(() => observe(stage), behaves), behaves, 'with the repaired objects')
      } finally {
        await stage.remove(bad, fixed)
      }
    })
  }
})

/** What is seen at last: a proxy may acknowledge a configuration a moment before its workers use it. */
async function seen(observe: () => Promise<unknown>, expected: unknown): Promise<unknown> {
  const end = Date.now() + patienceMs
  for (;;) {
    const found = await observe()
    if (isDeepStrictEqual(found, expected) || Date.now() > end) return found
    await sleep(250)
  }
}
