import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import type {KubeObject, Path} from '../../../objects/object.ts'
import {lower} from '../../finding.ts'
import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  severityOfEdges,
  trafficKinds,
} from '../../reading/failing-edges.ts'
import type {FailingEdge} from '../../reading/failing-edges.ts'
import {withoutSidecar} from '../../reading/injection-doubt.ts'
import {listed, nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

const isPolicy = (object: KubeObject | null): boolean => object?.id.kind === 'PeerAuthentication'

export default defineRule({
  id: 'mtls-strict-uninjected-client',
  area: 'mtls',
  severity: 'error',
  istio: '>=1.5.0',
  inputs: trafficKinds,
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    edge: '{clients} has no sidecar and calls {servers}, where this PeerAuthentication demands mTLS: the connection is refused.',
    possible:
      '{clients} has no sidecar, and nobody knows what it calls; {servers} would refuse it, since this PeerAuthentication demands mTLS.',
  },
  why: 'A client outside the mesh has no certificate. The sidecar of a STRICT server resets its connections, so turning STRICT on cuts it off at once.',
  fix: 'Inject the client, or leave this port PERMISSIVE (portLevelMtls) until it is; where the client calls nothing, say so under clients in meshctl.yaml.',
  check(mesh, report) {
    const edges = failingEdges(mesh, ['client-not-in-mesh']).filter(
      ({edge}) => !['kubelet', 'prometheus'].includes(edge.client.kind),
    )
    const known = byDecider(edges, ({object}) => isPolicy(object))
    for (const {object, path, edges} of known) {
      report({
        messageId: 'edge',
        data: {clients: clientNames(edges), servers: serverNames(edges)},
        identity: [],
        object,
        path,
        ...severityFor(mesh, edges),
        evidence: evidenceOfEdges(edges),
        related: edges.flatMap(({edge}) =>
          edge.client.object === null ? [] : [fact('the client', edge.client.object, ['metadata', 'name'])],
        ),
      })
    }
    const clients = mesh.clients.filter(
      client => client.kind === 'workload' && client.inMesh === false && !mesh.callsKnown(client),
    )
    if (clients.length === 0) return
    for (const {object, path, servers} of strictPolicies(mesh)) {
      report({
        messageId: 'possible',
        data: {clients: listed(clients.map(nameOfClient)), servers: listed(servers)},
        identity: [],
        object,
        path,
        severity: 'info',
        evidence: clients
          .slice(0, 5)
          .map(client => fact(`${nameOfClient(client)} has no sidecar`, client.object, ['metadata', 'name'])),
      })
    }
  },
})

function severityFor(mesh: Mesh, edges: readonly FailingEdge[]): Pick<Report, 'certainty' | 'severity'> {
  const severity = severityOfEdges(edges)
  const doubt = withoutSidecar(
    mesh,
    edges.flatMap(({edge}) => edge.client.of ?? []),
  )
  return {...doubt, severity: lower(severity, doubt.severity ?? 'error')}
}

function nameOfClient(client: {readonly namespace: string; readonly workload: string}): string {
  return nameOf({namespace: client.namespace, name: client.workload})
}

interface StrictPolicy {
  readonly object: KubeObject
  readonly path: Path
  readonly servers: readonly string[]
}

/** Each policy that makes ports STRICT, with the service ports behind it. */
function strictPolicies(mesh: Mesh): readonly StrictPolicy[] {
  const found = new Map<KubeObject, {path: Path; servers: string[]}>()
  for (const service of mesh.services) {
    for (const endpoint of mesh.endpoints(service)) {
      for (const port of service.ports) {
        const target = mesh.targetPort(port, endpoint)
        if (target === null) continue
        const {mode, facts} = mesh.peerAuthentication(endpoint, target)
        const deciding = facts.find(({object}) => isPolicy(object))
        if (mode !== 'STRICT' || deciding === undefined || deciding.object === null) continue
        const entry = found.get(deciding.object) ?? {path: deciding.path, servers: []}
        found.set(deciding.object, entry)
        entry.servers.push(`${nameOf(service)}:${port.port}`)
      }
    }
  }
  return [...found].map(([object, entry]) => ({object, ...entry}))
}
