import {records, record, text} from '../../../objects/json.ts'
import type {JsonObject, KubeObject} from '../../../objects/object.ts'
import {defineRule} from '../../rule.ts'

const waypoint = ['istio.io/WaypointBound']
const attached = ['Accepted', 'Programmed', 'ResolvedRefs']

/** By kind, the group and the conditions that are bad where they are False (istio pkg/config/analysis/analyzers/conditions). */
const conditions: readonly (readonly [string, string, readonly string[]])[] = [
  ['Service', 'v1', waypoint],
  ['ServiceEntry', 'networking.istio.io/', waypoint],
  ['WorkloadEntry', 'networking.istio.io/', waypoint],
  ['AuthorizationPolicy', 'security.istio.io/', ['ZtunnelAccepted', 'WaypointAccepted']],
  ['Gateway', 'gateway.networking.k8s.io/', attached],
  ['HTTPRoute', 'gateway.networking.k8s.io/', attached],
  ['GRPCRoute', 'gateway.networking.k8s.io/', attached],
]

export default defineRule({
  id: 'status-negative-condition',
  area: 'gateways',
  severity: 'warning',
  istio: '*',
  inputs: conditions.map(([kind]) => kind),
  needs: 'offline',
  params: {},
  equivalents: ['IST0171'],
  formerIds: [],
  messages: {
    condition: 'Istio says of this {kind} that it is not {condition} ({reason}): {message}',
  },
  why: 'The control plane writes into the status what it could not do. The object exists, and what it asks for is not, or only in part, in force.',
  fix: 'Read the message, and mend what it names.',
  check(mesh, report) {
    for (const [kind, group, types] of conditions) {
      for (const object of mesh.objects(kind)) {
        if (!object.id.apiVersion.startsWith(group)) continue
        for (const condition of conditionsOf(object).filter(one => isBad(one, types))) {
          report({
            messageId: 'condition',
            data: {
              kind,
              condition: text(condition['type']) ?? '',
              reason: text(condition['reason']) ?? 'no reason given',
              message: (text(condition['message']) ?? '').replace(/[{}]/g, ''),
            },
            identity: ['condition'],
            object,
            path: ['status'],
          })
        }
      }
    }
  },
})

function conditionsOf({value}: KubeObject): readonly JsonObject[] {
  const status = record(value['status'])
  const parents = records(status['parents']).flatMap(parent => records(parent['conditions']))
  return [...records(status['conditions']), ...parents]
}

/** One that is still being worked on is not bad. */
function isBad({type, status, reason}: JsonObject, types: readonly string[]): boolean {
  if (reason === 'Pending') return false
  if (type === 'WaypointAccepted' && types.includes('WaypointAccepted') && reason === 'PartiallyInvalid')
    return true
  return types.includes(text(type) ?? '') && status === 'False'
}
