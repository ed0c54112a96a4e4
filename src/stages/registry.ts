import mtlsJetpack from './mtls/jetpack.ts'
import mtlsRun from './mtls/run.ts'
import mtlsWalk from './mtls/walk.ts'
import resiliencyJetpack from './resiliency/jetpack.ts'
import resiliencyRun from './resiliency/run.ts'
import resiliencyWalk from './resiliency/walk.ts'
import sidecarsJetpack from './sidecars/jetpack.ts'
import sidecarsRun from './sidecars/run.ts'
import sidecarsWalk from './sidecars/walk.ts'
import type {Capability, Stage, StageName} from './stage.ts'
import tracingJetpack from './tracing/jetpack.ts'
import tracingRun from './tracing/run.ts'
import tracingWalk from './tracing/walk.ts'

/** All twelve cells; one that is missing does not compile. */
export const stages: Readonly<Record<Capability, Readonly<Record<StageName, Stage>>>> = {
  sidecars: {walk: sidecarsWalk, run: sidecarsRun, jetpack: sidecarsJetpack},
  tracing: {walk: tracingWalk, run: tracingRun, jetpack: tracingJetpack},
  mtls: {walk: mtlsWalk, run: mtlsRun, jetpack: mtlsJetpack},
  resiliency: {walk: resiliencyWalk, run: resiliencyRun, jetpack: resiliencyJetpack},
}
