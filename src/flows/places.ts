import {readCluster} from '../cluster/read.ts'
import {record, records, text} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'
import type {LiveCluster} from './load-cluster.ts'

/** What has addresses now. A kind that may not be listed leaves its addresses unknown, which is said. */
export async function placesNow(
  {live}: Pick<LiveCluster, 'live'>,
  missing: Set<string>,
): Promise<readonly KubeObject[]> {
  const kinds = ['/Pod', '/Node', 'discovery.k8s.io/EndpointSlice']
  const {objects, gaps} = await readCluster(live.api, {kinds})
  for (const {kind, reason} of gaps) missing.add(`${reason}: list ${kind}s, whose addresses stay unknown`)
  return objects
}

/** Of what was found at several times, each once, and without the pods that had ended before. */
export function placesIn(found: readonly KubeObject[], since: Date): readonly KubeObject[] {
  const byUid = new Map(
    found.map(object => [text(record(object.value['metadata'])['uid']) ?? JSON.stringify(object.id), object]),
  )
  return [...byUid.values()].filter(object => wasThere(object, since))
}

/** Clocks differ a little. */
const slack = 5_000

/** The address of a pod that ended before the window may be another's by now. */
function wasThere({id, value}: KubeObject, since: Date): boolean {
  const status = record(value['status'])
  if (id.kind !== 'Pod' || (status['phase'] !== 'Succeeded' && status['phase'] !== 'Failed')) return true
  const ends = records(status['containerStatuses']).map(one =>
    Date.parse(text(record(record(one['state'])['terminated'])['finishedAt']) ?? ''),
  )
  return ends.some(end => end >= since.getTime() - slack)
}
