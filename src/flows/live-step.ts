import type {Applied, ApplyOptions, Progress as ApplyProgress} from '../changes/live/apply.ts'
import type {Settled} from '../changes/live/rollouts.ts'
import type {StoredEntry} from '../changes/live/ledger-store.ts'
import {MeshctlError} from '../cli/error.ts'
import {Interrupted} from '../cli/signals.ts'
import {istiodPods, waitUntilSettled} from '../evidence/sync.ts'
import type {Mesh, Workload} from '../mesh/mesh.ts'
import {describe} from '../objects/identity.ts'
import type {Progress} from '../terminal/progress.ts'
import type {Input} from './load-input.ts'
import type {LiveCluster} from './load-cluster.ts'

/** How long proxies may take to acknowledge what istiod sends them. */
const syncTimeout = 60_000

/** Where sync cannot be seen, istiod is given the time that it usually takes (it gathers changes for up to 10 s). */
const blindWait = 3_000

/** What a step is carried out with. */
export interface Carrying {
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly forceConflicts: boolean
  /** The workloads whose proxies have to have acknowledged, by the mesh as it then is. */
  readonly concerned: (mesh: Mesh) => readonly Workload[]
  /** What could not be seen, gathered on the way. */
  readonly missing: Set<string>
}

/** The cluster of an input; commands ask for one only where there is one. */
export function clusterOf(input: Input): LiveCluster {
  if (input.cluster !== null) return input.cluster
  throw new MeshctlError('usage', 'This works on a cluster, and not on files.', {
    try: ['Leave --from and --base away, or name a cluster with --context.'],
  })
}

/** The options by which a change set is applied and waited for, with what is told of it. */
export function applyOptions(input: Input, carrying: Carrying): ApplyOptions {
  const {progress, signal, forceConflicts} = carrying
  return {
    forceConflicts,
    signal,
    onProgress: event => narrate(event, progress),
    settled: async () => {
      progress.start('Wait until the proxies have acknowledged')
      const settled = await proxiesSettled(await input.reload(), carrying)
      if (settled.settled) progress.done('The proxies have acknowledged')
      else progress.fail('Not all proxies have acknowledged')
      return settled
    },
  }
}

function narrate(event: ApplyProgress, progress: Progress): void {
  switch (event.kind) {
    case 'checked':
      return progress.done('The API server would take it all')
    case 'recorded':
      return progress.start(`Recorded as ${event.id}`)
    case 'changing':
      progress.start(
        `${event.change.action} ${describe(event.change.object)} (${event.index + 1} of ${event.of})`,
      )
      return
    case 'waiting':
      return progress.detail(event.waitingFor.join('; '))
  }
}

/** A source that may not be asked lowers what can be claimed, and stops nothing. */
async function proxiesSettled(
  input: Input,
  {concerned, signal, missing, progress}: Carrying,
): Promise<Settled> {
  const {connection} = clusterOf(input)
  const istiods = istiodPods(input.objects)
  const proxies = new Set(
    concerned(input.mesh).flatMap(({kind, object, pods}) =>
      (kind === 'Pod' ? [object] : pods).map(({id}) => `${id.name}.${id.namespace}`),
    ),
  )
  if (proxies.size === 0) return {settled: true}
  progress.detail(`${proxies.size} proxies`)
  try {
    if (istiods.length > 0) {
      const result = await waitUntilSettled(connection, istiods, {timeout: syncTimeout, proxies, signal})
      return result.settled ? result : {settled: false, waitingFor: result.stuck}
    }
    missing.add('whether proxies are in sync: no istiod runs in this cluster')
  } catch (error) {
    if (signal.aborted) return {settled: false, waitingFor: []}
    if (!(error instanceof MeshctlError)) throw error
    missing.add(`whether proxies are in sync: ${error.message}`)
  }
  await new Promise(resolve => setTimeout(resolve, blindWait))
  return {settled: true}
}

/** The step as it was recorded, if it was carried out; what came in between is an error that says how to go on. */
export function finished(applied: Exclude<Applied, {readonly stored: null}>): StoredEntry {
  const {stored, kind} = applied
  if (stored === null) throw new Error('nothing was recorded')
  if (kind === 'applied') return stored
  const {entry} = stored
  const made = entry.changes.filter(({done}) => done !== null).length
  const why =
    kind === 'interrupted'
      ? 'it was interrupted'
      : kind === 'not-settled'
        ? `it has not arrived in time: ${applied.waitingFor.join('; ')}`
        : `others changed ${applied.objects.map(({object}) => describe(object)).join(', ')} meanwhile`
  if (kind === 'interrupted' && made === 0) throw new Interrupted('Interrupted. Nothing was changed.')
  throw new MeshctlError(
    'stopped-part-way',
    `Step ${entry.id} stopped after ${made} of ${entry.changes.length} changes: ${why}.`,
    {
      try: waysOn(entry.rollsBack ?? entry.id, entry.id),
      data: {ledgerId: entry.id, made, of: entry.changes.length, because: kind},
    },
  )
}

export function waysOn(step: string, entry: string): readonly string[] {
  return [`meshctl adopt --resume ${entry} --yes  # go on`, `meshctl rollback ${step} --yes  # take it back`]
}
