import type {JsonObject} from '../../src/objects/object.ts'
import type {GeneratedMesh} from './generate/generate.ts'
import type {Trial, Trials} from './trials.ts'

export interface Shrunk {
  readonly policies: readonly JsonObject[]
  readonly trial: Trial
}

/** Takes policies away, one at a time, as long as the mismatch of one edge stays. */
export async function shrink(
  trials: Pick<Trials, 'try'>,
  mesh: GeneratedMesh,
  edge: string,
): Promise<Shrunk> {
  const attempt = (policies: readonly JsonObject[]): Promise<Trial> => trials.try(mesh.topology, policies)
  let policies = mesh.policies
  let trial = await attempt(policies)
  for (let index = 0; index < policies.length;) {
    const fewer = policies.filter((_, position) => position !== index)
    const next = await attempt(fewer)
    if (next.mismatches.some(mismatch => mismatch.edge === edge)) {
      policies = fewer
      trial = next
    } else index++
  }
  return {policies, trial}
}
