import {endCluster} from './cleanup.ts'
import {readState} from './state.ts'

/** Ends a cluster by its name, whoever started it; says whether there was one. */
export async function stopCluster(name: string): Promise<boolean> {
  const state = await readState(name)
  if (state === undefined) return false
  await endCluster(state)
  return true
}
