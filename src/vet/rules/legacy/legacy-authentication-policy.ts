import type {Change} from '../../../changes/change-set.ts'
import {fact} from '../../../mesh/fact.ts'
import type {Mesh} from '../../../mesh/mesh.ts'
import {isRecord, number, record, records, text} from '../../../objects/json.ts'
import type {Json, JsonObject, KubeObject} from '../../../objects/object.ts'
import {nameOf} from '../../reading/names.ts'
import {defineRule} from '../../rule.ts'
import type {Report} from '../../rule.ts'

export default defineRule({
  id: 'legacy-authentication-policy',
  area: 'legacy',
  severity: 'error',
  istio: '>=1.6.0',
  inputs: ['Policy', 'MeshPolicy'],
  needs: 'offline',
  params: {},
  equivalents: [],
  formerIds: [],
  messages: {
    removed:
      '{kind} of authentication.istio.io was removed in Istio 1.6: nothing reads it, and what it says is not in force.',
  },
  why: 'These were the mTLS and JWT policies before 1.6. istiod does not know them: a mesh that relies on one is open, and istioctl analyze says that there are no issues.',
  fix: 'Replace it by a PeerAuthentication (peers) and a RequestAuthentication with an AuthorizationPolicy (origins).',
  check(mesh, report) {
    for (const policy of [...mesh.objects('MeshPolicy'), ...mesh.objects('Policy')]) {
      if (!policy.id.apiVersion.startsWith('authentication.istio.io/')) continue
      report({
        messageId: 'removed',
        data: {kind: policy.id.kind},
        object: policy,
        path: ['apiVersion'],
        ...migration(mesh, policy),
      })
    }
  },
})

/** The PeerAuthentications that say what the old policy said; JWT rules are for a person to move. */
function migration(mesh: Mesh, policy: KubeObject): Pick<Report, 'evidence' | 'fix'> {
  const spec = record(policy.value['spec'])
  const mode = modeOf(spec)
  const targets = records(spec['targets'])
  const namespace = policy.id.kind === 'MeshPolicy' ? mesh.meshConfig.rootNamespace : policy.id.namespace
  const made =
    targets.length === 0
      ? [peerAuthentication(namespace, 'default', mode, null)]
      : targets.map(target => forTarget(mesh, namespace, mode, target))
  const origins = records(spec['origins']).length > 0
  const rest = origins
    ? ' Its origins (JWT) become a RequestAuthentication, with an AuthorizationPolicy that demands a token.'
    : ''
  const fix = made.some(one => one === null)
    ? {
        kind: 'hint' as const,
        description: `Write a PeerAuthentication with mode ${mode} and the selector of each target.${rest}`,
        changes: [],
      }
    : {
        kind: 'unsafe' as const,
        description: `Replace it by ${made.map(one => (one === null ? '' : `PeerAuthentication ${nameOf(one.id)}`)).join(', ')} with mode ${mode}.${rest}`,
        changes: [
          ...made.filter(one => one !== null),
          ...(origins
            ? []
            : [{action: 'delete', id: policy.id, before: policy, reason: 'nothing reads it'} as const]),
        ],
      }
  return {evidence: [fact(`its peers ask for mTLS mode ${mode}`, policy, ['spec', 'peers'])], fix}
}

/** `mtls: {}` and `mtls:` mean STRICT, `peerIsOptional: true` and no peers at all PERMISSIVE or less. */
function modeOf(spec: JsonObject): string {
  const peers = records(spec['peers'])
  const found = peers.find(peer => Object.hasOwn(peer, 'mtls'))
  if (found === undefined) return 'DISABLE'
  const mtls: Json | undefined = found['mtls']
  const mode = isRecord(mtls) ? text(mtls['mode']) : undefined
  return spec['peerIsOptional'] === true || mode === 'PERMISSIVE' ? 'PERMISSIVE' : 'STRICT'
}

/** Null where the service that the target names is not in the input, so that its selector is not known. */
function forTarget(mesh: Mesh, namespace: string, mode: string, target: JsonObject): Change | null {
  const name = text(target['name']) ?? ''
  const service = mesh.host(name, namespace)
  if (service === null || service.selector === null) return null
  const ports = records(target['ports']).map(port => number(port['number']))
  const targets = service.ports.filter(port => ports.includes(port.port)).map(port => port.targetPort)
  if (ports.length > 0 && (targets.length !== ports.length || targets.some(port => typeof port !== 'number')))
    return null
  return peerAuthentication(namespace, name, mode, {
    selector: {matchLabels: {...service.selector}},
    ports: targets.map(String),
  })
}

function peerAuthentication(
  namespace: string,
  name: string,
  mode: string,
  scope: {readonly selector: JsonObject; readonly ports: readonly string[]} | null,
): Change {
  const id = {cluster: '', apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', namespace, name}
  const perPort = Object.fromEntries((scope?.ports ?? []).map(port => [port, {mode}]))
  const mtls = scope !== null && scope.ports.length > 0 ? {portLevelMtls: perPort} : {mtls: {mode}}
  const spec: JsonObject = {...(scope === null ? {} : {selector: scope.selector}), ...mtls}
  const after: JsonObject = {apiVersion: id.apiVersion, kind: id.kind, metadata: {name, namespace}, spec}
  return {action: 'create', id, after, reason: 'authentication.istio.io was removed from Istio'}
}
