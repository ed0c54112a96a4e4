import type {Fact} from '../../mesh/fact.ts'
import type {Mesh, Service, Workload} from '../../mesh/mesh.ts'
import type {Cause} from '../../mesh/outcome.ts'
import type {Report, Severity} from '../rule.ts'
import {sampleClients} from './clients.ts'
import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  severityOfEdges,
} from './failing-edges.ts'
import type {Decided, FailingEdge} from './failing-edges.ts'

export interface BrokenServers {
  readonly causes: readonly Cause[]
  /** Endpoints for which it is worth trying: the setting that breaks them is rare. */
  readonly suspect: (workload: Workload) => boolean
  /** Which fact names the object to change. */
  readonly decider: (fact: Fact) => boolean
}

/**
 * Servers that refuse every client in the mesh, since automatic mTLS is misled about them: by known edges, and where
 * none is known tried with a client that stands for all. One group for each object that misleads it.
 */
export function brokenServers(mesh: Mesh, {causes, suspect, decider}: BrokenServers): readonly Decided[] {
  const known = failingEdges(mesh, causes)
  const seen = new Set(known.map(({edge}) => edge.server.service))
  const tried = mesh.services
    .filter(service => !seen.has(service) && mesh.endpoints(service).some(suspect))
    .flatMap(service => tryService(mesh, service, causes))
  return byDecider([...known, ...tried], decider)
}

function tryService(mesh: Mesh, service: Service, causes: readonly Cause[]): readonly FailingEdge[] {
  for (const client of sampleClients(mesh, service.namespace)) {
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue
      const edge = mesh.edge(client, {service, port})
      const judgement = edge.judge()
      if (judgement.outcome.cause !== null && causes.includes(judgement.outcome.cause))
        return [{edge, judgement}]
    }
  }
  return []
}

/** Never less than a warning: the first client in the mesh that calls is refused. */
export function brokenReport({edges}: Decided): Pick<Report, 'data' | 'identity' | 'severity' | 'evidence'> {
  const severity: Severity = severityOfEdges(edges) === 'error' ? 'error' : 'warning'
  const known = edges.filter(({edge}) => edge.knowledge !== 'possible')
  const clients = known.length === 0 ? 'any client in the mesh' : clientNames(known)
  return {
    data: {clients, servers: serverNames(edges)},
    identity: [],
    severity,
    evidence: evidenceOfEdges(edges),
  }
}
