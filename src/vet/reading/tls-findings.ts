import {fact} from '../../mesh/fact.ts'
import type {Mesh, MtlsMode, Service} from '../../mesh/mesh.ts'
import type {Cause} from '../../mesh/outcome.ts'
import type {KubeObject, Path} from '../../objects/object.ts'
import {removing} from '../edits.ts'
import {ruleHost} from './destination-rules.ts'
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
import {nameOf} from './names.ts'
import {tlsModeAt, unspeakableRules} from './unspeakable-rules.ts'
import {namespacesWithMode, wideTls, writtenMode} from './written-mtls.ts'

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

export interface Clash {
  /** What clients are told to speak. */
  readonly modes: readonly string[]
  /** What servers are told to demand. */
  readonly policy: MtlsMode
}

/**
 * Rules for the whole mesh or a namespace that go against its policy, where the input holds none of the servers: no
 * edge can be tried then, and the two still cannot both be meant.
 */
export function wideTlsFindings(mesh: Mesh, {modes, policy}: Clash, report: (report: Report) => void): void {
  const present = new Set(mesh.workloads.map(({namespace}) => namespace))
  for (const {rule, mode, covers} of wideTls(mesh)) {
    if (!modes.includes(mode)) continue
    for (const namespace of namespacesWithMode(mesh)) {
      const written = present.has(namespace) || !covers(namespace) ? null : writtenMode(mesh, namespace, null)
      if (written?.mode !== policy || written.policy.id.namespace !== namespace) continue
      const isMesh = namespace === mesh.meshConfig.rootNamespace
      if ((isMesh && present.size > 0) || isOverridden(mesh, rule, namespace)) continue
      report({
        ...common(rule, ['spec', 'trafficPolicy', 'tls']),
        messageId: 'wide',
        data: {
          mode,
          servers: isMesh ? 'the mesh' : `namespace ${namespace}`,
          policy: `PeerAuthentication ${nameOf(written.policy.id)}`,
        },
        severity: 'warning',
        evidence: [fact(`mode ${policy}`, written.policy, ['spec', 'mtls', 'mode'])],
      })
    }
  }
}

/** Whether a more particular rule says how the namespace is spoken to. */
function isOverridden(mesh: Mesh, rule: KubeObject, namespace: string): boolean {
  return wideTls(mesh).some(
    other => other.covers(namespace) && ruleHost(other.rule).length > ruleHost(rule).length,
  )
}
