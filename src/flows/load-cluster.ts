import type {Connection} from '../cluster/connect.ts'
import type {ClusterObjects} from '../cluster/read.ts'
import type {Live} from '../changes/live/live.ts'
import {MeshctlError} from '../cli/error.ts'
import type {Gap} from '../mesh/mesh.ts'
import {record} from '../objects/json.ts'
import type {KubeObject} from '../objects/object.ts'

/** A cluster that objects were read from, and that can be changed. */
export interface LiveCluster {
  readonly connection: Connection
  readonly live: Live
}

export interface ClusterInput {
  readonly cluster: LiveCluster
  readonly objects: readonly KubeObject[]
  readonly gaps: readonly Gap[]
  /** Kinds of which every object was read. */
  readonly complete: readonly string[]
}

export interface ClusterFlags {
  readonly context?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly namespace?: readonly string[] | undefined
}

/**
 * Reads all that the model needs of a cluster. Namespaces narrow what is shown, not what is read, since callers live
 * elsewhere too; only what may not be listed in the whole cluster is listed in those namespaces alone.
 */
export async function loadCluster({context, kubeconfig, namespace}: ClusterFlags): Promise<ClusterInput> {
  const {connect} = await import('../cluster/connect.ts')
  const {openApi} = await import('../cluster/api.ts')
  const {readCluster} = await import('../cluster/read.ts')
  const connection = await connect({
    ...(kubeconfig !== undefined && {kubeconfig}),
    ...(context !== undefined && {context}),
  })
  const api = openApi(connection)
  const whole = await reading(connection, () => readCluster(api))
  const namespaces = namespace ?? [connection.namespace]
  const forbidden = whole.gaps.filter(isForbidden).map(({kind}) => kind)
  const near =
    forbidden.length === 0 ? null : await readCluster(api, {kinds: kindsNamed(whole, forbidden), namespaces})
  const read = near === null ? whole : merged(whole, near, {forbidden, namespaces})
  if (read.objects.length === 0 && read.gaps.some(isForbidden)) throw nothingAllowed(connection, read.gaps)
  return {
    cluster: {connection, live: {api, resources: whole.resources}},
    objects: read.objects.filter(isThere),
    gaps: read.gaps,
    complete: read.complete,
  }
}

/** A pod that is on its way out, or has done its work, says nothing of how its workload runs now. */
function isThere({id, value}: KubeObject): boolean {
  if (id.kind !== 'Pod') return true
  const phase = record(value['status'])['phase']
  const leaving = record(value['metadata'])['deletionTimestamp'] !== undefined
  return !leaving && phase !== 'Succeeded' && phase !== 'Failed'
}

/** The cluster without its objects, for those who read something else of it. */
export async function loadClusterOnly({context, kubeconfig}: ClusterFlags): Promise<LiveCluster> {
  const {connect} = await import('../cluster/connect.ts')
  const {openApi} = await import('../cluster/api.ts')
  const {discover} = await import('../cluster/discover.ts')
  const connection = await connect({
    ...(kubeconfig !== undefined && {kubeconfig}),
    ...(context !== undefined && {context}),
  })
  const api = openApi(connection)
  return {connection, live: {api, resources: await reading(connection, () => discover(api))}}
}

/** What the API server says no to as a whole (no valid token, no discovery), as an error that a user can act on. */
async function reading<Value>(connection: Connection, read: () => Promise<Value>): Promise<Value> {
  const {ApiError} = await import('../cluster/api.ts')
  try {
    return await read()
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    const denied = cause.status === 401 || cause.status === 403
    throw new MeshctlError(
      denied ? 'forbidden' : 'no-cluster',
      `The cluster of context ${connection.context} (${connection.server}) would not be read: ${cause.message}`,
      {
        try: [`kubectl --context ${connection.context} auth whoami`, 'meshctl status --from DIR'],
        cause,
      },
    )
  }
}

function isForbidden({reason}: Gap): boolean {
  return reason === 'forbidden'
}

/** `group/Kind`, as they are asked for; what has no namespace stays unread. */
function kindsNamed({resources}: ClusterObjects, kinds: readonly string[]): readonly string[] {
  return [...resources].flatMap(([key, {kind, namespaced}]) =>
    namespaced && kinds.includes(kind) ? [key] : [],
  )
}

interface Narrowed {
  readonly forbidden: readonly string[]
  readonly namespaces: readonly string[]
}

/** What was read of some namespaces joins the rest; that the others were not read stays a gap. */
function merged(
  whole: ClusterObjects,
  near: ClusterObjects,
  {forbidden, namespaces}: Narrowed,
): ClusterObjects {
  const narrowed = new Set(near.objects.map(({id}) => id.kind))
  const denied = new Set(near.gaps.map(({kind}) => kind))
  const only = `read in ${namespaces.join(', ')} only: listing them in all namespaces is forbidden`
  const gaps = whole.gaps.flatMap((gap): readonly Gap[] => {
    if (!isForbidden(gap) || !forbidden.includes(gap.kind)) return [gap]
    if (!narrowed.has(gap.kind) && denied.has(gap.kind)) return [gap]
    return [{...gap, reason: only}]
  })
  return {...whole, objects: [...whole.objects, ...near.objects], gaps}
}

function nothingAllowed({context}: Connection, gaps: readonly Gap[]): MeshctlError {
  const kinds = [...new Set(gaps.map(({kind}) => kind))]
  return new MeshctlError(
    'forbidden',
    `Nothing may be read from the cluster of context ${context}: ${kinds.slice(0, 4).join(', ')} and others are forbidden.`,
    {
      try: [`kubectl --context ${context} auth can-i --list`, 'Name a namespace of yours with -n.'],
      data: {gaps},
    },
  )
}
