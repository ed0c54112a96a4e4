import {record} from '../../objects/json.ts'
import {nothing} from '../../changes/change-set.ts'
import {fact} from '../../mesh/fact.ts'
import type {Client, Edge, Mesh, Service} from '../../mesh/mesh.ts'
import {mtlsMode, namespaceHint, policyMode} from '../../mesh/peer-authentication.ts'
import {callersOf, clientName, clientNames, howKnown, withoutSidecar} from '../callers.ts'
import {controlPlaneBlockers} from '../preconditions.ts'
import {conclude, done, listed, named, notApplicable, reason} from '../reasons.ts'
import {defineStage} from '../stage.ts'
import type {Reason} from '../stage.ts'
import {isApplicationService} from '../subjects.ts'
import {mismatches} from './clients.ts'
import type {Mismatch} from './clients.ts'

/** On for the whole mesh. */
export default defineStage({
  capability: 'mtls',
  stage: 'run',
  title: 'Demand mTLS in the whole mesh',
  subject: 'mesh',
  answers: {},
  notPlannable:
    'this version does not plan mTLS for the whole mesh; it lists whom that would cut off, and opts in service by service (--stage walk)',

  assess(mesh) {
    const services = mesh.services.filter(
      service => isApplicationService(mesh, service) && hasProxies(mesh, service),
    )
    if (services.length === 0)
      return notApplicable(
        reason('no-servers', 'no service of the input has a sidecar that could demand mTLS', []),
      )
    const broken = brokenByStrict(mesh, services)
    const cut = [
      ...broken.edges.map(edgeReason),
      ...broken.mismatches.map(mismatchReason),
      ...silentReasons(mesh, services),
    ]
    if (namespaceHint(mesh, mesh.meshConfig.rootNamespace).mode === 'STRICT') {
      const left = exceptions(mesh)
      return left.length === 0 ? done(...cut) : conclude({blockers: left, unknowns: [], cautions: []})
    }
    return conclude({blockers: [...controlPlaneBlockers(mesh), ...cut], unknowns: [], cautions: []})
  },

  plan: () => nothing,
  expect: () => [],
})

export interface Broken {
  /** Known calls from outside the mesh to pods with a sidecar that take plaintext today. */
  readonly edges: readonly Edge[]
  /** Clients in the mesh that would not send mTLS. */
  readonly mismatches: readonly Mismatch[]
}

/** The calls that mesh-wide STRICT would cut today, as the contrast to opting in service by service. */
export function brokenByStrict(
  mesh: Mesh,
  services: readonly Service[] = mesh.services.filter(service => isApplicationService(mesh, service)),
): Broken {
  const proxied = services.filter(service => hasProxies(mesh, service))
  return {
    edges: proxied.flatMap(service =>
      callersOf(mesh, service).known.filter(
        edge => edge.client.inMesh === false && acceptsPlaintext(mesh, edge),
      ),
    ),
    mismatches: proxied.flatMap(service =>
      mismatches(mesh, service).filter(({sends}) => sends !== 'unknown'),
    ),
  }
}

function hasProxies(mesh: Mesh, service: Service): boolean {
  return mesh
    .endpoints(service)
    .some(workload => mesh.injection(workload).inMesh === true && mesh.injection(workload).mode === 'sidecar')
}

function acceptsPlaintext(mesh: Mesh, {server}: Edge): boolean {
  return mesh.endpoints(server.service).some(workload => {
    const port = mesh.targetPort(server.port, workload)
    return (
      port !== null &&
      mesh.injection(workload).mode === 'sidecar' &&
      policyMode(mesh, workload, port).mode !== 'STRICT'
    )
  })
}

function edgeReason(edge: Edge): Reason {
  const where = `${edge.server.service.namespace}/${edge.server.service.name}:${edge.server.port.port}`
  return reason(
    'client-not-in-mesh',
    `${clientName(edge.client)} calls ${where} without a sidecar and would be refused (${howKnown(edge)})`,
    edge.knownBy,
    `meshctl adopt sidecars --stage walk --target ${clientName(edge.client)}`,
  )
}

function mismatchReason({client, server, sends, cause, facts}: Mismatch): Reason {
  return reason(
    cause,
    `${clientName(client)} sends ${sends} to ${server.service.namespace}/${server.service.name}:${server.port.port} and would be refused`,
    facts,
  )
}

function silentReasons(mesh: Mesh, services: readonly Service[]): readonly Reason[] {
  const silent = distinct(services.map(service => callersOf(mesh, service).silent))
  if (silent.length === 0) return []
  return [
    reason(
      'client-calls-unknown',
      `${clientNames(silent)} ${silent.length === 1 ? 'has' : 'have'} no sidecar, and nothing says whom ${silent.length === 1 ? 'it calls' : 'they call'}`,
      withoutSidecar(silent),
      'declare in meshctl.yaml what they call (clients:)',
    ),
  ]
}

/** Most services share one and the same list. */
function distinct(lists: readonly (readonly Client[])[]): readonly Client[] {
  return [...new Set([...new Set(lists)].flat())]
}

/** Policies of namespaces and workloads that still allow plaintext under a mesh-wide STRICT. */
function exceptions(mesh: Mesh): readonly Reason[] {
  return mesh.objects('PeerAuthentication').flatMap(policy => {
    const spec = record(policy.value['spec'])
    const own = mtlsMode(spec['mtls'])
    const ports = Object.entries(record(spec['portLevelMtls'])).filter(([, port]) =>
      ['PERMISSIVE', 'DISABLE'].includes(mtlsMode(port) ?? ''),
    )
    const what =
      own === 'PERMISSIVE' || own === 'DISABLE'
        ? own
        : ports.length > 0
          ? `port ${listed(ports.map(([port]) => port))}`
          : null
    if (what === null || policy.id.namespace === mesh.meshConfig.rootNamespace) return []
    return [
      reason(
        'exceptions-remain',
        `${named(policy.id)} still allows plaintext: ${what}`,
        [fact(what, policy, ['spec'])],
        `delete it once its clients are in the mesh`,
      ),
    ]
  })
}
