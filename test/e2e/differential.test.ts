import assert from 'node:assert/strict'
import {randomInt} from 'node:crypto'
import {after, before, it} from 'node:test'
import {generateMesh} from '../differential/generate/generate.ts'
import {RequestTrials} from '../differential/requests/request-trials.ts'
import {describeMismatch} from '../differential/tally.ts'
import {Trials} from '../differential/trials.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {describeOnTestbed} from '../testbed/suite.ts'

// docs/simulator-proof.md says what is compared, and what was found.

/** Meshes of three topologies, of which almost every one was predicted wrongly once. */
const fixed = [28, 32, 34, 37, 43, 45, 202, 206, 208, 213, 219, 626, 630, 636, 643, 644]
/** New ones for every run, of one topology, so that pods are made once. */
const topology = randomInt(10_000, 1_000_000)
const fresh = Array.from({length: 5}, (_, index) => topology * 25 + index)
/**
 * What may be left open: of the fresh ones more, since a port that speaks first counts for much among so few. Of 529 such
 * handfuls one had 23 %, and all together 1.5 %.
 */
const chosen = [
  {kind: 'fixed', seeds: fixed, open: 0.02},
  {kind: 'fresh', seeds: fresh, open: 0.3},
]

describeOnTestbed('random meshes on a real istiod', {timeout: 240_000}, () => {
  let cluster: Cluster
  let trials: Trials

  before(async () => {
    cluster = await startCluster({name: 'differential-ci', pods: 'paper'})
    trials = await Trials.on(cluster)
  })
  after(() => cluster?.stop())

  for (const {kind, seeds, open} of chosen) {
    it(`are predicted as istiod configures them (${kind} seeds: ${seeds.join(', ')})`, async () => {
      let edges = 0
      let unknown = 0
      for (const seed of seeds) {
        const {topology: place, policies, laterFrom} = generateMesh(seed)
        const trial = await trials.try(place, policies, laterFrom)
        assert.deepEqual(
          trial.mismatches.map(mismatch => describeMismatch(seed, mismatch)),
          [],
        )
        edges += trial.edges
        unknown += trial.unknown
      }
      assert.ok(edges >= seeds.length * 8, `only ${edges} edges were compared`)
      assert.ok(unknown <= edges * open, `${unknown} of ${edges} edges are unknown`)
    })
  }
})

describeOnTestbed('random meshes under real requests', {timeout: 240_000}, () => {
  let cluster: Cluster

  before(async () => {
    cluster = await startCluster({name: 'differential-live'})
  })
  after(() => cluster?.stop())

  it('do what is predicted of them', async () => {
    const trials = await RequestTrials.on(cluster)
    let requests = 0
    for (const seed of [5000, 5001, 5002]) {
      const comparison = await trials.try(generateMesh(seed))
      assert.deepEqual(
        comparison.mismatches.map(mismatch => describeMismatch(seed, mismatch)),
        [],
      )
      requests += comparison.requests
    }
    assert.ok(requests > 100, `only ${requests} requests were sent`)
  })
})
