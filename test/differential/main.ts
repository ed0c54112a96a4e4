import {parseArgs} from 'node:util'
import {attachCluster} from '../testbed/cluster/attach.ts'
import {startCluster} from '../testbed/cluster/start.ts'
import {generateMesh} from './generate/generate.ts'
import {Tally, describeMismatch} from './tally.ts'
import {Trials} from './trials.ts'

/** `npm run differential -- --seed N --meshes M`: predictions against what a real istiod gives, for many random meshes. */
const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '0'},
    meshes: {type: 'string', default: '50'},
    attach: {type: 'string'},
  },
})
const first = Number(values.seed)
const meshes = Number(values.meshes)
const cluster =
  values.attach === undefined
    ? await startCluster({name: 'differential', pods: 'paper'})
    : await attachCluster(values.attach)
const tally = new Tally()
try {
  const trials = await Trials.on(cluster)
  for (let seed = first; seed < first + meshes; seed++) {
    const {topology, policies, laterFrom} = generateMesh(seed)
    const trial = await trials.try(topology, policies, laterFrom)
    tally.add(trial)
    for (const mismatch of trial.mismatches) console.log(describeMismatch(seed, mismatch))
    if ((seed - first) % 25 === 24) console.error(tally.line())
  }
} finally {
  if (values.attach === undefined) await cluster.stop()
}
console.log(tally.report(first))
process.exit(tally.mismatches === 0 ? 0 : 1)
