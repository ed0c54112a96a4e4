import {parseArgs} from 'node:util'
import {attachCluster} from '../testbed/cluster/attach.ts'
import type {Cluster} from '../testbed/cluster/cluster.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {plannedCalls} from './calls.ts'
import {compareCapture, keepCapture, keptCapture, keptSeeds} from './captures.ts'
import type {Comparison} from './compare.ts'
import {Coverage} from './coverage.ts'
import {writeFixture} from './fixtures.ts'
import {generateMesh} from './generate/generate.ts'
import type {GeneratedMesh} from './generate/generate.ts'
import {RequestTrials} from './requests/request-trials.ts'
import {shrink} from './shrink.ts'
import {Tally, describeMismatch} from './tally.ts'
import {Trials} from './trials.ts'

/**
 * `npm run differential -- --seed N --meshes M`: predictions against what a real istiod gives, for many random meshes,
 * or with `--requests` against real requests through real Envoys. `--seeds A,B` takes just these, `--record` shrinks
 * what mismatches to a fixture. `--keep DIR` keeps what istiod gave, and `--replay DIR` compares with it again, without
 * a cluster: after the simulator or the reading of Envoy's configuration has changed.
 */
const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '0'},
    meshes: {type: 'string', default: '50'},
    requests: {type: 'boolean', default: false},
    seeds: {type: 'string'},
    record: {type: 'boolean', default: false},
    attach: {type: 'string'},
    name: {type: 'string'},
    keep: {type: 'string'},
    replay: {type: 'string'},
  },
})
const first = Number(values.seed)
const seeds =
  values.seeds?.split(',').map(Number) ??
  (values.replay === undefined
    ? Array.from({length: Number(values.meshes)}, (_, index) => first + index)
    : await keptSeeds(values.replay))
const tally = new Tally()
const coverage = new Coverage()
if (values.replay === undefined) await onCluster()
else await compareAll(replayed(values.replay))
console.log(tally.report(seeds))
console.log(coverage.report())
process.exit(tally.mismatches === 0 ? 0 : 1)

type Compare = (mesh: GeneratedMesh) => Promise<Comparison>

async function onCluster(): Promise<void> {
  const cluster = await findCluster()
  try {
    await compareAll(await comparer(cluster))
  } finally {
    if (values.attach === undefined) await cluster.stop()
  }
}

async function compareAll(compare: Compare): Promise<void> {
  for (const seed of seeds) {
    const mesh = generateMesh(seed)
    const comparison = await compare(mesh)
    tally.add(comparison)
    coverage.add(mesh)
    for (const mismatch of comparison.mismatches) console.log(describeMismatch(seed, mismatch))
    if (tally.meshes % 25 === 0) console.error(tally.line())
  }
}

function findCluster(): Promise<Cluster> {
  if (values.attach !== undefined) return attachCluster(values.attach)
  return values.requests
    ? startCluster({name: values.name ?? 'differential-calls'})
    : startCluster({name: values.name ?? 'differential', pods: 'paper'})
}

async function comparer(on: Cluster): Promise<Compare> {
  if (values.requests) {
    const trials = await RequestTrials.on(on)
    return mesh => trials.try(mesh)
  }
  const trials = await Trials.on(on)
  return async mesh => {
    const trial = await trials.try(mesh.topology, mesh.policies, mesh.laterFrom)
    if (values.keep !== undefined) await keepCapture(values.keep, mesh.seed, trial.capture)
    const [mismatch] = trial.mismatches
    if (mismatch !== undefined && values.record) console.log(await record(trials, mesh, mismatch.edge))
    return trial
  }
}

function replayed(directory: string): Compare {
  return async ({seed, topology, policies}) => {
    const calls = plannedCalls(topology, policies)
    return compareCapture({...(await keptCapture(directory, seed)), calls})
  }
}

async function record(trials: Trials, mesh: GeneratedMesh, edge: string): Promise<string> {
  const shrunk = await shrink(trials, mesh, edge)
  return `recorded in ${await writeFixture(mesh.seed, edge, shrunk, mesh.topology.namespaces)}`
}
