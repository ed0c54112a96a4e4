import {parseArgs} from 'node:util'
import {attachCluster} from '../testbed/cluster/attach.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import type {Comparison} from './compare.ts'
import {writeFixture} from './fixtures.ts'
import {generateMesh} from './generate/generate.ts'
import type {GeneratedMesh} from './generate/generate.ts'
import {RequestTrials} from './requests/request-trials.ts'
import {shrink} from './shrink.ts'
import {Tally, describeMismatch} from './tally.ts'
import {Trials} from './trials.ts'

/**
 * `npm run differential -- --seed N --meshes M`: predictions against what a real istiod gives, for many random meshes;
 * `--seeds A,B` takes just these, `--record` shrinks what mismatches to a fixture; with `--requests` against real requests through real Envoys.
 */
const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '0'},
    meshes: {type: 'string', default: '50'},
    requests: {type: 'boolean', default: false},
    seeds: {type: 'string'},
    record: {type: 'boolean', default: false},
    attach: {type: 'string'},
  },
})
const first = Number(values.seed)
const seeds =
  values.seeds?.split(',').map(Number) ??
  Array.from({length: Number(values.meshes)}, (_, index) => first + index)
const tally = new Tally()
const cluster = await findCluster()
try {
  const compare = await comparer(cluster)
  for (const seed of seeds) {
    const comparison = await compare(seed)
    tally.add(comparison)
    for (const mismatch of comparison.mismatches) console.log(describeMismatch(seed, mismatch))
    if (tally.meshes % 25 === 0) console.error(tally.line())
  }
} finally {
  if (values.attach === undefined) await cluster.stop()
}
console.log(tally.report(seeds[0] ?? first))
process.exit(tally.mismatches === 0 ? 0 : 1)

function findCluster(): Promise<Cluster> {
  if (values.attach !== undefined) return attachCluster(values.attach)
  return values.requests
    ? startCluster({name: 'differential-requests'})
    : startCluster({name: 'differential', pods: 'paper'})
}

async function comparer(on: Cluster): Promise<(seed: number) => Promise<Comparison>> {
  if (values.requests) {
    const trials = await RequestTrials.on(on)
    return seed => trials.try(seed)
  }
  const trials = await Trials.on(on)
  return async seed => {
    const mesh = generateMesh(seed)
    const trial = await trials.try(mesh.topology, mesh.policies, mesh.laterFrom)
    const [mismatch] = trial.mismatches
    if (mismatch !== undefined && values.record) console.log(await record(trials, mesh, mismatch.edge))
    return trial
  }
}

async function record(trials: Trials, mesh: GeneratedMesh, edge: string): Promise<string> {
  const shrunk = await shrink(trials, mesh, edge)
  return `recorded in ${await writeFixture(mesh.seed, edge, shrunk, mesh.topology.namespaces)}`
}
