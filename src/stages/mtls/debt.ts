import {record} from '../../objects/json.ts'
import type {Json, KubeObject} from '../../objects/object.ts'
import {fact} from '../../mesh/fact.ts'
import type {Edge, Mesh} from '../../mesh/mesh.ts'
import {mtlsMode} from '../../mesh/peer-authentication.ts'
import {perMesh} from '../../mesh/per-mesh.ts'
import {clientName} from '../callers.ts'
import {without} from '../edit.ts'
import {listed, named, reason} from '../reasons.ts'
import type {Reason} from '../stage.ts'
import {endangered, serverName} from './endangered.ts'
import {objectsAfter} from './objects-after.ts'
import type {Change} from '../../changes/change-set.ts'

/** A policy of a namespace or of workloads that still takes plaintext under a mesh-wide STRICT. */
export interface Exception {
  readonly policy: KubeObject
  /** `PERMISSIVE`, or the ports. */
  readonly what: string
  /** The known calls that rest on it; none where nobody needs it any more. */
  readonly neededBy: readonly Edge[]
  /** How it is taken back; null for what a person chose and has to change, a DISABLE. */
  readonly retired: Change | null
}

/** Each exception, and whether somebody would be cut off without it, by the simulator. */
export const exceptionsOf = perMesh((mesh): readonly Exception[] => {
  const open = mesh.objects('PeerAuthentication').flatMap(policy => {
    const what = opening(policy)
    const counts =
      what !== null &&
      policy.id.namespace !== mesh.meshConfig.rootNamespace &&
      policy.id.apiVersion.startsWith('security.istio.io/')
    return counts ? [{policy, what, retired: retirement(policy)}] : []
  })
  const changes = open.flatMap(({retired}) => retired ?? [])
  const cut = endangered(mesh, mesh.withObjects(objectsAfter(mesh.objects(), changes)))
  return open.map(one => ({
    ...one,
    neededBy: cut.map(({edge}) => edge).filter(edge => restsOn(mesh, edge, one.policy)),
  }))
})

/** The exceptions as what remains to be done. */
export function debtReasons(mesh: Mesh): readonly Reason[] {
  return exceptionsOf(mesh).map(({policy, what, neededBy, retired}) => {
    const facts = [fact(what, policy, ['spec']), ...neededBy.flatMap(edge => edge.knownBy.slice(0, 1))]
    const open = `${named(policy.id)} still allows plaintext: ${what}`
    if (neededBy.length > 0) {
      const who = listed(
        neededBy.map(({client, server}) => `${clientName(client)} calls ${serverName(server)}`),
      )
      return reason(
        'exceptions-remain',
        `${open}, because ${who} without mTLS`,
        facts,
        'give its clients a sidecar, then run this stage again: it takes the exception back',
      )
    }
    return retired === null
      ? reason(
          'exceptions-remain',
          open,
          facts,
          'set DISABLE to PERMISSIVE by hand once nothing needs plaintext there',
        )
      : reason(
          'exception-unneeded',
          `${open}, and no known call needs it`,
          facts,
          'run this stage: it takes the exception back',
        )
  })
}

function restsOn(mesh: Mesh, {server}: Edge, policy: KubeObject): boolean {
  return mesh.endpoints(server.service).some(workload => {
    const port = mesh.targetPort(server.port, workload)
    return port !== null && mesh.peerAuthentication(workload, port).decidedBy[0] === policy
  })
}

function opening(policy: KubeObject): string | null {
  const spec = record(policy.value['spec'])
  const own = mtlsMode(spec['mtls'])
  if (own === 'PERMISSIVE' || own === 'DISABLE') return own
  const ports = openPorts(spec['portLevelMtls'], ['PERMISSIVE', 'DISABLE'])
  return ports.length > 0 ? `port ${listed(ports)}` : null
}

function openPorts(ports: Json | undefined, modes: readonly string[]): readonly string[] {
  return Object.entries(record(ports))
    .filter(([, port]) => modes.includes(mtlsMode(port) ?? ''))
    .map(([port]) => port)
}

/** A policy that does nothing but open is deleted; of another one what opens is taken out. */
function retirement(policy: KubeObject): Change | null {
  const spec = record(policy.value['spec'])
  const ports = spec['portLevelMtls']
  if (mtlsMode(spec['mtls']) === 'DISABLE' || openPorts(ports, ['DISABLE']).length > 0) return null
  const why = 'no known call needs it any more'
  const closed = openPorts(ports, ['PERMISSIVE']).reduce(
    (value, port) => without(value, ['spec', 'portLevelMtls', port]),
    mtlsMode(spec['mtls']) === 'PERMISSIVE' ? without(policy.value, ['spec', 'mtls']) : policy.value,
  )
  const left = record(closed['spec'])
  const bare = left['mtls'] === undefined && left['portLevelMtls'] === undefined
  if (bare) return {action: 'delete', id: policy.id, before: policy, reason: why}
  return {action: 'update', id: policy.id, before: policy, after: closed, reason: why}
}
