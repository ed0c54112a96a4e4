import {fact} from '../../mesh/fact.ts'
import type {Mesh, Service} from '../../mesh/mesh.ts'
import type {Cause} from '../../mesh/outcome.ts'
import type {KubeObject, Path} from '../../objects/object.ts'
import {removing} from '../edits.ts'
import type {Report} from '../rule.ts'
import {
  byDecider,
  clientNames,
  evidenceOfEdges,
  failingEdges,
  serverNames,
  severityOfEdges,
} from './failing-edges.ts'
import {withoutSidecar} from './injection-doubt.ts'
import {tlsModeAt, unspeakableRules} from './unspeakable-rules.ts'

/**
 * One finding for each DestinationRule whose TLS makes edges fail for one of some causes: `edge` where callers are
 * known, `rule` where none is. Never less than a warning: the rule itself says that somebody in the mesh is to call.
 */
export function tlsFindings(mesh: Mesh, causes: readonly Cause[], report: (report: Report) => void): void {
  const known = byDecider(failingEdges(mesh, causes), ({object}) => object?.id.kind === 'DestinationRule')
  for (const {object, path, edges} of known) {
    report({
      ...common(object, path),
      messageId: 'edge',
      data: {clients: clientNames(edges), servers: serverNames(edges), mode: tlsModeAt(object.value, path)},
      severity: severityOfEdges(edges) === 'error' ? 'error' : 'warning',
      evidence: evidenceOfEdges(edges),
      ...doubt(
        mesh,
        edges.map(({edge}) => edge.server.service),
      ),
    })
  }
  const seen = new Set(known.map(({object}) => object))
  for (const {object, path, mode, server, service, judgement} of unspeakableRules(mesh, causes)) {
    if (seen.has(object)) continue
    report({
      ...common(object, path),
      messageId: 'rule',
      data: {servers: server, mode},
      severity: 'warning',
      evidence: [fact(`tried for ${server}, of which no caller is known`, object, path), ...judgement.facts],
      ...doubt(mesh, [service]),
    })
  }
}

function common(object: KubeObject, path: Path): Pick<Report, 'object' | 'path' | 'identity' | 'fix'> {
  const changes = [removing(object, path, 'automatic mTLS speaks what each server demands')]
  return {
    object,
    path,
    identity: ['mode'],
    fix: {kind: 'unsafe', description: 'Remove the tls block.', changes},
  }
}

/** Doubt whether the servers lack a sidecar; none where they have one and refuse what is sent. */
function doubt(mesh: Mesh, services: readonly Service[]): ReturnType<typeof withoutSidecar> {
  const endpoints = services.flatMap(service => mesh.endpoints(service))
  return withoutSidecar(
    mesh,
    endpoints.filter(endpoint => mesh.injection(endpoint).inMesh === false),
  )
}
