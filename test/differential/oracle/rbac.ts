import {flag, isRecord, list, number, record, records, text} from '../../../src/objects/json.ts'
import type {Json, JsonObject} from '../../../src/objects/object.ts'

/** What Envoy's RBAC filters see of a connection. */
export interface Peer {
  /** `spiffe://…` of the client's certificate; null without mTLS. */
  readonly identity: string | null
  /** The port that the connection came to. */
  readonly port: number
}

/**
 * Whether RBAC rules let a connection or a plain `GET /` pass (envoy api/envoy/config/rbac/v3/rbac.proto): ALLOW where
 * some policy matches, DENY where none does; LOG decides nothing.
 */
export function admits(rules: JsonObject, peer: Peer): boolean {
  const action = text(rules['action']) ?? 'ALLOW'
  if (action === 'LOG') return true
  const policies = Object.values(record(rules['policies'])).map(one => record(one))
  const matched = policies.some(
    policy =>
      records(policy['permissions']).some(one => permits(one, peer)) &&
      records(policy['principals']).some(one => isPrincipal(one, peer)),
  )
  return action === 'DENY' ? !matched : matched
}

function permits(permission: JsonObject, peer: Peer): boolean {
  if (flag(permission['any']) === true) return true
  if (isRecord(permission['and_rules']))
    return records(permission['and_rules']['rules']).every(one => permits(one, peer))
  if (isRecord(permission['or_rules']))
    return records(permission['or_rules']['rules']).some(one => permits(one, peer))
  if (isRecord(permission['not_rule'])) return !permits(permission['not_rule'], peer)
  const port = number(permission['destination_port'])
  if (port !== undefined) return port === peer.port
  throw new Error(`a permission that is not followed: ${JSON.stringify(permission)}`)
}

function isPrincipal(principal: JsonObject, peer: Peer): boolean {
  if (flag(principal['any']) === true) return true
  if (isRecord(principal['and_ids']))
    return records(principal['and_ids']['ids']).every(one => isPrincipal(one, peer))
  if (isRecord(principal['or_ids']))
    return records(principal['or_ids']['ids']).some(one => isPrincipal(one, peer))
  if (isRecord(principal['not_id'])) return !isPrincipal(principal['not_id'], peer)
  if (isRecord(principal['authenticated'])) return isNamed(principal['authenticated']['principal_name'], peer)
  const state = record(principal['filter_state'])
  if (state['key'] === 'io.istio.peer_principal') return isNamed(state['string_match'], peer)
  throw new Error(`a principal that is not followed: ${JSON.stringify(principal)}`)
}

function isNamed(match: Json | undefined, {identity}: Peer): boolean {
  return identity !== null && (match === undefined || matchesText(record(match), identity))
}

/** Envoy's StringMatcher. */
export function matchesText(match: JsonObject, value: string): boolean {
  const exact = text(match['exact'])
  if (exact !== undefined) return exact === value
  const prefix = text(match['prefix'])
  if (prefix !== undefined) return value.startsWith(prefix)
  const suffix = text(match['suffix'])
  if (suffix !== undefined) return value.endsWith(suffix)
  const contains = text(match['contains'])
  if (contains !== undefined) return value.includes(contains)
  const regex = text(record(match['safe_regex'])['regex'])
  if (regex !== undefined) return new RegExp(`^(?:${regex})$`).test(value)
  throw new Error(`a text matcher that is not followed: ${JSON.stringify(match)}`)
}

/** The rules that RBAC filters of a list enforce; shadow rules enforce nothing. */
export function enforcedRules(filters: Json | undefined): readonly JsonObject[] {
  return list(filters)
    .map(filter => record(record(filter)['typed_config']))
    .filter(config => text(config['@type'])?.endsWith('.RBAC') === true && isRecord(config['rules']))
    .map(config => record(config['rules']))
}
